"""Single assignment for loops: what a variable that a loop changes is worth behind the loop.

Inside the loop the variable stands for `Carried`: the value at the beginning of the iteration. When
the body is done, its value there is a function of `Carried`; behind the loop it is a fold over the
loop's output. Three shapes can be said: the value is replaced, something is added to a list or a
text, or to a number.
"""
from dataclasses import dataclass

from . import cel
from .cel import Binary, Choice, Concat, EMPTY_LIST, Field, Item, List, Literal, Maybe, Method, Name, Step
from .program import VARS
from .wdl import NotUnderstood

CARRIED = 'a value that goes from one item of a loop to the next'


@dataclass(frozen=True)
class Carried:
    variable: str
    loop: str


def has_carried(node):
    return any(isinstance(part, Carried) for part in cel.walk(node))


def is_carried(node, loop):
    return isinstance(node, Carried) and node.loop == loop


def depends(node, loop):
    return any(is_carried(part, loop) for part in cel.walk(node))


def outside(node, loop, each, own_steps, own_vars):
    """The node as it reads behind the loop, for one entry `each` of the loop's output."""
    def change(part):
        if isinstance(part, Item) and part.loop == loop:
            return Field(each, 'item')
        if isinstance(part, Step) and part.at == Name('steps') and part.action in own_steps:
            return Step(part.action, Field(each, 'steps'))
        if isinstance(part, Field) and part.of == VARS and part.key in own_vars:
            made = Field(each, 'vars')
            return Field(made, part.key, True) if part.optional else Maybe(Field(made, part.key, True))
        return None
    return cel.substitute(node, change)


def replaced(node, loop):
    """The values that an iteration gives the variable: a list of none or one."""
    if is_carried(node, loop):
        return EMPTY_LIST
    if isinstance(node, Choice):
        return Choice(node.condition, replaced(node.then, loop), replaced(node.otherwise, loop))
    if isinstance(node, Method) and node.name == 'orValue' and is_carried(node.args[0], loop):
        return Method(Method(node.of, 'optMap', (Name('v'), List((Name('v'),)))), 'orValue',
                      (EMPTY_LIST,))
    if depends(node, loop):
        raise NotUnderstood(CARRIED)
    return List((node,))


def added(node, loop, empty):
    """What an iteration adds to the variable."""
    if is_carried(node, loop):
        return empty
    if isinstance(node, Binary) and node.operator == '+' and depends(node.left, loop) and \
            not depends(node.right, loop):
        before = added(node.left, loop, empty)
        return node.right if before == empty else Binary('+', before, node.right)
    if isinstance(node, Concat) and node.parts and depends(node.parts[0], loop) and \
            not depends(node.parts[1:], loop):
        before = added(node.parts[0], loop, empty)
        return Concat(node.parts[1:] if before == empty else (before,) + node.parts[1:])
    if isinstance(node, Choice) and not depends(node.condition, loop):
        return Choice(node.condition, added(node.then, loop, empty),
                      added(node.otherwise, loop, empty))
    raise NotUnderstood(CARRIED)


def behind(value, before, loop, each, output, rewrite, kind):
    """The variable behind the loop. `rewrite` turns a node of the body into one about `each`."""
    distinct = False
    while isinstance(value, Method) and value.name == 'distinct':
        value, distinct = value.of, True
    try:
        values = replaced(value, loop)
        if values == EMPTY_LIST:
            return before
        if isinstance(value, Literal):
            return Choice(Binary('>', cel.Call('size', (output,)), Literal(0)), value, before)
        if isinstance(values, List):
            entries = Method(output, 'map', (each, rewrite(values.items[0])))
        else:
            entries = Method(Method(output, 'map', (each, rewrite(values))), 'flatten')
        return cel.alternative(Method(entries, 'last'), before)
    except NotUnderstood:
        pass
    empty, close = ENDS.get(kind, ENDS['array'])
    per_item = rewrite(added(value, loop, empty))
    made = close(before, Method(output, 'map', (each, per_item)))
    return Method(made, 'distinct') if distinct else made


def list_end(before, entries):
    flat = Method(entries, 'flatten')
    return flat if before == EMPTY_LIST else Binary('+', before, flat)


def text_end(before, entries):
    joined = Method(entries, 'join', (Literal(''),))
    return joined if before == Literal('') else Concat((before, joined))


def number_end(before, entries):
    total = Method(entries, 'sum')
    return total if before == Literal(0) else Binary('+', before, total)


ENDS = {'array': (EMPTY_LIST, list_end), 'string': (Literal(''), text_end),
        'integer': (Literal(0), number_end), 'float': (Literal(0), number_end)}
