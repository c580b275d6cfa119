"""The JavaScript in XSOAR's `${File(val.Size > 0).Name}` as CEL: conditions and small expressions.

No statements, no functions, no assignment: those belong behind a connector.
"""
import re

from . import cel
from .cel import (Binary, Call, Choice, Concat, List, Literal, Map, Maybe, Method,
                  NULL, Name, maybe, negated)
from .wdl import NotUnderstood

TOKEN = re.compile(r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_$][\w$]*)|(?P<mark>===|!==|==|!=|>=|<=|&&|\|\||[-+*/%<>!?:.,()\[\]{}]))""", re.X)
BINARY = {'||': 1, '&&': 2, '==': 3, '===': 3, '!=': 3, '!==': 3, '<': 4, '<=': 4, '>': 4, '>=': 4,
          '+': 5, '-': 5, '*': 6, '/': 6, '%': 6}
TEXT = {'toLowerCase': 'lowerAscii', 'toUpperCase': 'upperAscii', 'trim': 'trim'}


class Script:
    """One expression. `val` is what the script looks at: a node, or a function that gives the node of
    the path behind it."""

    def __init__(self, text, val):
        self.val, self.tokens, at = val, [], 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if not match:
                raise NotUnderstood('a script that is more than an expression')
            self.tokens.append((match.lastgroup, match.group(match.lastgroup)))
            at = match.end()
        self.tokens.append(('end', ''))
        self.at = 0

    def take(self, *marks):
        kind, text = self.tokens[self.at]
        if marks and text not in marks or marks and kind == 'text':
            return None
        self.at += 1
        return text

    def need(self, mark):
        if not self.take(mark):
            raise NotUnderstood('a script that is more than an expression')

    def whole(self):
        node = self.choice()
        if self.tokens[self.at][0] != 'end':
            raise NotUnderstood('a script that is more than an expression')
        return node

    def choice(self):
        node = self.binary(1)
        if not self.take('?'):
            return node
        then = self.choice()
        self.need(':')
        return Choice(truth(node), then, self.choice())

    def binary(self, level):
        left = self.unary()
        while True:
            kind, operator = self.tokens[self.at]
            if kind != 'mark' or BINARY.get(operator, 0) < level:
                return left
            self.at += 1
            left = self.combined(operator, left, self.binary(BINARY[operator] + 1))

    def combined(self, operator, left, right):
        if operator == '&&':
            return Binary('&&', truth(left), truth(right))
        if operator == '||':
            if isinstance(left, Maybe) and not isinstance(right, Maybe) or is_truth(left):
                return Binary('||', truth(left), truth(right)) if is_truth(right) or \
                    is_truth(left) else Method(left.optional, 'orValue', (right,))
            return Maybe(Method(cel.as_optional(left), 'or', (cel.as_optional(right),)))
        if operator == '+' and (cel.is_text(left) or cel.is_text(right)):
            return Concat((left, right))
        found = self.searched(operator, left, right)
        return found or Binary({'===': '==', '!==': '!='}.get(operator, operator), left, right)

    def searched(self, operator, left, right):
        """`x.indexOf(y) >= 0` asks whether it is there."""
        if not isinstance(left, Method) or left.name != 'indexOf' or not isinstance(right, Literal):
            return None
        there = Method(left.of, 'contains', left.args)
        if isinstance(left.of, List):
            there = Binary('in', left.args[0], left.of)
        if (operator, right.value) in (('>=', 0), ('>', -1), ('!=', -1), ('!==', -1)):
            return there
        if (operator, right.value) in (('<', 0), ('==', -1), ('===', -1)):
            return negated(there)
        return None

    def unary(self):
        if self.take('!'):
            return negated(truth(self.unary()))
        if self.take('-'):
            node = self.unary()
            return Literal(-node.value) if isinstance(node, Literal) else cel.Unary('-', node)
        return self.postfix(self.primary())

    def primary(self):
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == 'text':
            return Literal(re.sub(r'\\(.)', r'\1', text[1:-1]))
        if kind == 'number':
            return Literal(float(text) if '.' in text else int(text))
        if text == '(':
            node = self.choice()
            self.need(')')
            return node
        if text == '[':
            return List(tuple(self.listed(']')))
        if text == '{':
            return Map(tuple(self.pairs()))
        if kind != 'name' or text in ('function', 'new', 'return', 'var', 'for', 'while'):
            raise NotUnderstood('a script that is more than an expression')
        if text in ('true', 'false', 'null', 'undefined'):
            return {'true': cel.TRUE, 'false': cel.FALSE}.get(text, NULL)
        if text == 'val':
            return self.val(self.path()) if callable(self.val) else self.val
        raise NotUnderstood(f'a script that uses `{text}`')

    def path(self):
        """The keys behind `val`, as far as they are names and constants."""
        keys = []
        while True:
            marks = [self.tokens[self.at + step] for step in range(4) if self.at + step < len(self.tokens)]
            kinds, texts = [kind for kind, _ in marks], [text for _, text in marks]
            if texts[0] == '.' and kinds[1] == 'name' and texts[2:3] != ['(']:
                keys.append(texts[1])
                self.at += 2
            elif texts[0] == '[' and kinds[1] == 'text' and texts[2] == ']':
                keys.append(texts[1][1:-1])
                self.at += 3
            else:
                return keys

    def listed(self, close):
        while not self.take(close):
            yield self.choice()
            if not self.take(','):
                self.need(close)
                return

    def pairs(self):
        while not self.take('}'):
            key = self.take()
            self.need(':')
            yield Literal(key.strip('\'"')), self.choice()
            if not self.take(','):
                self.need('}')
                return

    def postfix(self, node):
        while mark := self.take('.', '[', '('):
            if mark == '[':
                key = self.choice()
                self.need(']')
                node = maybe(node, key.value if isinstance(key, Literal) else key)
            elif mark == '(':
                raise NotUnderstood('a script that calls a function')
            else:
                node = self.member(node, self.take())
        return node

    def member(self, node, name):
        if not self.take('('):
            return Call('size', (cel.as_list(node),)) if name == 'length' else maybe(node, name)
        args = tuple(self.listed(')'))
        text = cel.as_text(node)
        if name in TEXT:
            return Method(text, TEXT[name])
        if name == 'indexOf':
            return Method(node if isinstance(node, List) else text, 'indexOf', args)
        if name in ('substr', 'substring') and len(args) == 2 and (name == 'substring' or
                                                                   args[0] == Literal(0)):
            return Method(text, 'substring', args)
        if name == 'toString':
            return text
        raise NotUnderstood(f'a script that calls {name}()')


def is_truth(node):
    return isinstance(node, Binary) and node.operator not in '+-*/%' or \
        isinstance(node, cel.Unary) and node.operator == '!' or \
        isinstance(node, Method) and node.name in ('contains', 'hasValue')


def truth(node):
    """What JavaScript takes for true: there, and neither empty nor zero nor false."""
    if is_truth(node) or node in (cel.TRUE, cel.FALSE):
        return node
    return Method(Call('optional.ofNonZeroValue', (cel.or_value(node, NULL),)), 'hasValue')


def translate(text, val=Name('v')):
    return Script(text, val).whole()
