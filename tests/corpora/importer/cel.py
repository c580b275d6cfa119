"""CEL as a tree: what the importers build, substitute in, and print.

Every node is a frozen dataclass. `text(node)` prints an expression with no more parentheses than it
needs; `template(node)` prints it as a value of a playbook, with `${{ }}`.
"""
from dataclasses import dataclass, fields, is_dataclass, replace
import json
import re

IDENTIFIER = re.compile(r'[A-Za-z_][A-Za-z0-9_]*$')
RESERVED = {'as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import',
            'in', 'let', 'loop', 'namespace', 'null', 'package', 'return', 'true', 'var', 'void',
            'while'}


@dataclass(frozen=True)
class Literal:
    value: object


@dataclass(frozen=True)
class Name:
    """An identifier as it stands: a root, a function's namespace, a variable of a macro."""
    name: str


@dataclass(frozen=True)
class Step:
    """`steps.<id>`: the step that an action became. `at` is where it is read: `steps`, or the
    steps of a loop's item."""
    action: str
    at: object = Name('steps')


@dataclass(frozen=True)
class Item:
    """The item of a loop."""
    loop: str
    name: str


@dataclass(frozen=True)
class Field:
    of: object
    key: object  # a text for `.key`, a node for `[key]`
    optional: bool = False


@dataclass(frozen=True)
class Maybe:
    """An optional: null as a value, nothing as text, empty as a list."""
    optional: object


@dataclass(frozen=True)
class Call:
    function: str
    args: tuple


@dataclass(frozen=True)
class Method:
    of: object
    name: str
    args: tuple = ()


@dataclass(frozen=True)
class Unary:
    operator: str
    of: object


@dataclass(frozen=True)
class Binary:
    operator: str
    left: object
    right: object


@dataclass(frozen=True)
class Choice:
    condition: object
    then: object
    otherwise: object


@dataclass(frozen=True)
class List:
    items: tuple


@dataclass(frozen=True)
class Present:
    """`[?a, ?b]`: the list of those that are there."""
    items: tuple


@dataclass(frozen=True)
class Map:
    pairs: tuple  # of (key node, value node)


@dataclass(frozen=True)
class Concat:
    """Text made of parts: `'a' + string(b)` in an expression, `a${{ b }}` in a value."""
    parts: tuple


NULL, TRUE, FALSE, EMPTY_LIST = Literal(None), Literal(True), Literal(False), List(())


# ---- building ----------------------------------------------------------------------------------

def field(of, *keys):
    for key in keys:
        of = Field(of, key)
    return of


def maybe(of, *keys):
    """`of.?a.?b`: reads through what may be absent or null."""
    if of == NULL:
        return NULL
    if isinstance(of, Maybe):
        of = of.optional
    for key in keys:
        of = Field(of, Literal(key) if isinstance(key, int) else key, True)
    return Maybe(of)


def or_value(node, fallback):
    """The node, or the fallback when it is a Maybe that holds nothing."""
    return Method(node.optional, 'orValue', (fallback,)) if isinstance(node, Maybe) else node


def as_list(node):
    if node == NULL:
        return EMPTY_LIST
    return or_value(node, EMPTY_LIST)


def alternative(optional, otherwise):
    """The value of an optional, else another node."""
    if otherwise == NULL:
        return Maybe(optional)
    if isinstance(otherwise, Maybe):
        return Maybe(Method(optional, 'or', (otherwise.optional,)))
    return Method(optional, 'orValue', (otherwise,))


def as_optional(node):
    return node.optional if isinstance(node, Maybe) else Call('optional.of', (node,))


def as_text(node):
    """The node as a string, whatever it is."""
    if isinstance(node, Literal):
        return node if isinstance(node.value, str) else Literal(plain(node.value))
    if isinstance(node, Concat) or is_text(node):
        return node
    if isinstance(node, (List, Map)):
        return Call('json.encode', (node,))
    return Call('string', (or_value(node, Literal(0) if is_number(node) else Literal('')),))


def is_number(node):
    """The one number that answers have."""
    return isinstance(node, Maybe) and isinstance(node.optional, Field) and node.optional.key == 'status'


TEXT_METHODS = {'join', 'replace', 'lowerAscii', 'upperAscii', 'trim', 'substring', 'format'}


def is_text(node):
    if isinstance(node, Method):
        return node.name in TEXT_METHODS
    if isinstance(node, Call):
        return node.function in ('string', 'json.encode', 'url.encode', 'html.table')
    return isinstance(node, Concat) or isinstance(node, Literal) and isinstance(node.value, str)


def plain(value):
    """How a value reads inside a text."""
    if value is None:
        return ''
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def both(*conditions):
    return joined('&&', TRUE, conditions)


def either(*conditions):
    return joined('||', FALSE, conditions)


def joined(operator, empty, conditions):
    made = None
    for condition in conditions:
        if condition == empty:
            continue
        made = condition if made is None else Binary(operator, made, condition)
    return empty if made is None else made


OPPOSITE = {'==': '!=', '!=': '=='}


def negated(node):
    if node in (TRUE, FALSE):
        return Literal(not node.value)
    if isinstance(node, Unary) and node.operator == '!':
        return node.of
    if isinstance(node, Binary) and node.operator in OPPOSITE:
        return replace(node, operator=OPPOSITE[node.operator])
    return Unary('!', node)


# ---- walking -----------------------------------------------------------------------------------

def substitute(node, change):
    """The tree with each node replaced by `change(node)` where that is not None."""
    made = change(node)
    if made is not None:
        return made
    if isinstance(node, tuple):
        return tuple(substitute(part, change) for part in node)
    if not is_dataclass(node):
        return node
    parts = {part.name: substitute(getattr(node, part.name), change) for part in fields(node)}
    return replace(node, **parts)


def walk(node):
    if isinstance(node, tuple):
        for part in node:
            yield from walk(part)
    elif is_dataclass(node):
        yield node
        for part in fields(node):
            yield from walk(getattr(node, part.name))


def length(node):
    """How many nodes it has: what is long is better given a name."""
    return sum(1 for _ in walk(node))


# ---- printing ----------------------------------------------------------------------------------

BINDING = {'||': 2, '&&': 3, '==': 4, '!=': 4, '<': 4, '<=': 4, '>': 4, '>=': 4, 'in': 4,
           '+': 5, '-': 5, '*': 6, '/': 6, '%': 6}
CHOICE, UNARY, MEMBER = 1, 7, 8


def quoted(text):
    """A CEL string literal; single quotes, which YAML leaves alone."""
    escapes = {'\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t'}
    return "'" + ''.join(escapes.get(c) or (c if c.isprintable() else f'\\U{ord(c):08x}')
                         for c in text) + "'"


def literal(value):
    if value is None:
        return 'null'
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int) and not -2**63 <= value < 2**63:
        return f'{float(value)!r}'
    return repr(value)


def is_name(key):
    return isinstance(key, str) and IDENTIFIER.match(key) and key not in RESERVED


def printed(node, names):
    """(text, how strongly it binds)"""
    show = lambda part, at_least=0: text(part, names, at_least)
    listed = lambda parts: ', '.join(show(part) for part in parts)
    match node:
        case Literal(value=value):
            negative = isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0
            return literal(value), UNARY if negative else MEMBER
        case Name(name=name):
            return name, MEMBER
        case Step(action=action, at=at):
            return f'{show(at, MEMBER)}.{names(action)}', MEMBER
        case Item(name=name):
            return name, MEMBER
        case Field(of=of, key=key, optional=optional):
            mark = '?' if optional else ''
            base = show(or_value(of, NULL), MEMBER)
            if is_name(key):
                return f'{base}.{mark}{key}', MEMBER
            return f'{base}[{mark}{quoted(key) if isinstance(key, str) else show(key)}]', MEMBER
        case Maybe():
            return show(or_value(node, NULL)), MEMBER
        case Call(function=function, args=args):
            return f'{function}({listed(args)})', MEMBER
        case Method(of=of, name=name, args=args):
            return f'{show(of, MEMBER)}.{name}({listed(args)})', MEMBER
        case Unary(operator=operator, of=of):
            return operator + show(of, MEMBER), UNARY
        case Binary(operator=operator, left=left, right=right):
            level = BINDING[operator]
            return f'{show(left, level)} {operator} {show(right, level + 1)}', level
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return f'{show(condition, 2)} ? {show(then, 2)} : {show(otherwise, 1)}', CHOICE
        case List(items=items):
            return f'[{listed(items)}]', MEMBER
        case Present(items=items):
            shown = ('?' + show(item.optional) if isinstance(item, Maybe) else show(item)
                     for item in items)
            return f'[{", ".join(shown)}]', MEMBER
        case Map(pairs=pairs):
            inside = ', '.join(f'{show(key)}: {show(value)}' for key, value in pairs)
            return '{' + inside + '}', MEMBER
        case Concat(parts=parts):
            made = None
            for part in parts or (Literal(''),):
                part = as_text(part)
                made = part if made is None else Binary('+', made, part)
            return printed(made, names)
    raise TypeError(f'no CEL node: {node!r}')


def text(node, names=lambda action: action, at_least=0):
    """The expression. `names` gives the step id of an action."""
    shown, level = printed(node, names)
    return f'({shown})' if level < at_least else shown


def template(node, names=lambda action: action):
    """A value of a playbook: plain data where there is nothing to compute, else `${{ }}`."""
    match node:
        case Literal(value=str() as value):
            return value
        case Literal(value=value):
            return value
        case List(items=items):
            return [template(item, names) for item in items]
        case Map(pairs=pairs) if all(isinstance(key, Literal) for key, _ in pairs):
            return {plain(key.value): template(value, names) for key, value in pairs}
        case Concat(parts=parts):
            return ''.join(part.value if isinstance(part, Literal) and isinstance(part.value, str)
                           else '${{ ' + text(part, names) + ' }}'
                           for part in parts)
    return '${{ ' + text(node, names) + ' }}'
