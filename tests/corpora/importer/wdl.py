"""The expression language of Logic Apps (Workflow Definition Language) and of ARM templates.

`parse(text)` reads one expression; `parts(text)` splits a string of a workflow into literal texts and
expressions. The grammar is that of the public reference: calls, `'texts'` with doubled quotes,
numbers, `.name`, `?.name`, `[index]`, `?[index]`.
"""
from dataclasses import dataclass
import re


class NotUnderstood(Exception):
    """A text that is no expression, or one that CEL cannot say; str() tells which and why."""


@dataclass(frozen=True)
class Constant:
    value: object


@dataclass(frozen=True)
class Function:
    name: str
    args: tuple


@dataclass(frozen=True)
class Access:
    of: object
    key: object  # an expression
    safe: bool


TOKEN = re.compile(r"""\s*(?:(?P<text>'(?:[^']|'')*')
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<name>[A-Za-z_$][A-Za-z0-9_$-]*)
    |(?P<mark>\?\[|\?\.|[()\[\],.]))""", re.X)


def tokens(text):
    at, found = 0, []
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if not match:
            raise NotUnderstood(f'no expression at `{text[at:at + 20]}`')
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found + [('end', '')]


class Parser:
    def __init__(self, text):
        self.tokens, self.at = tokens(text), 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, *marks):
        """The next token, when it is one of the marks or none are given."""
        kind, text = self.peek()
        if marks and (kind != 'mark' or text not in marks):
            return None
        self.at += 1
        return kind, text

    def need(self, mark):
        if not self.take(mark):
            raise NotUnderstood(f'`{mark}` is missing before `{self.peek()[1]}`')

    def primary(self):
        kind, text = self.take()
        if kind == 'text':
            return Constant(text[1:-1].replace("''", "'"))
        if kind == 'number':
            return Constant(int(text) if re.fullmatch(r'-?\d+', text) else float(text))
        if kind != 'name':
            raise NotUnderstood(f'`{text or "the end"}` where a value should stand')
        if text.lower() in ('true', 'false', 'null'):
            return Constant({'true': True, 'false': False, 'null': None}[text.lower()])
        self.need('(')
        args = []
        while not self.take(')'):
            if args:
                self.need(',')
            args.append(self.expression())
        return Function(text, tuple(args))

    def expression(self):
        node = self.primary()
        while mark := self.take('[', '?[', '.', '?.'):
            safe = mark[1].startswith('?')
            if mark[1].endswith('.'):
                kind, text = self.take()
                if kind != 'name':
                    raise NotUnderstood(f'`{text}` where a name should stand')
                node = Access(node, Constant(text), safe)
                continue
            node = Access(node, self.expression(), safe)
            self.need(']')
        return node


def parse(text):
    parser = Parser(text)
    node = parser.expression()
    if parser.peek()[0] != 'end':
        raise NotUnderstood(f'`{parser.peek()[1]}` behind the end of the expression')
    return node


def end_of(text, at):
    """Where the `}` of an `@{` stands whose inside begins at `at`."""
    quoted = False
    for position in range(at, len(text)):
        if text[position] == "'":
            quoted = not quoted
        elif text[position] == '}' and not quoted:
            return position
    raise NotUnderstood('`@{` without its `}`')


def parts(text):
    """A string of a workflow as a list of (is it an expression, its text)."""
    if text.startswith('@') and not text.startswith(('@{', '@@')):
        return [(True, text[1:])]
    found, literal, at = [], '', 0
    while at < len(text):
        if text.startswith('@@{', at) or at == 0 and text.startswith('@@'):
            literal, at = literal + '@', at + 2
        elif text.startswith('@{', at):
            end = end_of(text, at + 2)
            found += [(False, literal)] if literal else []
            found.append((True, text[at + 2:end]))
            literal, at = '', end + 1
        else:
            literal, at = literal + text[at], at + 1
    return found + ([(False, literal)] if literal else [])
