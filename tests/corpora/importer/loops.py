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
FOLDED = 'a value behind a loop that is no list, text or sum of what its items gave'


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


class Fold:
    """What an iteration makes of a variable, `own` at its beginning. `alone(node)` says what a node
    is worth that reads the beginning of an iteration otherwise, or refuses."""

    def __init__(self, own, alone):
        self.own, self.alone = own, alone

    def depends(self, node):
        return depends(node, self.own.loop)

    def replaced(self, node, alone):
        """The values that an iteration gives the variable: a list of none or one."""
        if node == self.own:
            return EMPTY_LIST
        if isinstance(node, Choice) and not self.depends(node.condition):
            return Choice(node.condition, self.replaced(node.then, alone),
                          self.replaced(node.otherwise, alone))
        if isinstance(node, Method) and node.name == 'orValue' and not self.depends(node.of):
            return Method(Method(node.of, 'optMap', (Name('v'), List((Name('v'),)))), 'orValue',
                          (self.replaced(node.args[0], alone),))
        return List((alone(node) if self.depends(node) else node,))

    def added(self, node, empty):
        """What an iteration adds to the variable."""
        if node == self.own:
            return empty
        if isinstance(node, Binary) and node.operator == '+' and self.depends(node.left):
            before, more = self.added(node.left, empty), self.settled(node.right)
            return more if before == empty else Binary('+', before, more)
        if isinstance(node, Concat) and node.parts and self.depends(node.parts[0]):
            before = self.added(node.parts[0], empty)
            more = tuple(self.settled(part) for part in node.parts[1:])
            return Concat(more if before == empty else (before,) + more)
        if isinstance(node, Choice):
            return Choice(self.settled(node.condition), self.added(node.then, empty),
                          self.added(node.otherwise, empty))
        raise NotUnderstood(FOLDED)

    def settled(self, node):
        return self.alone(node) if self.depends(node) else node


def refuse(node):
    raise NotUnderstood(FOLDED)


def behind(value, before, own, each, output, rewrite, kind, alone):
    """The variable behind the loop. `rewrite` turns a node of the body into one about `each`."""
    fold, distinct = Fold(own, alone), False
    while isinstance(value, Method) and value.name == 'distinct':
        value, distinct = value.of, True
    try:
        return last_of(fold.replaced(value, refuse), value, before, each, output, rewrite)
    except NotUnderstood:
        pass
    empty, close = ENDS.get(kind, ENDS['array'])
    try:
        per_item = rewrite(fold.added(value, empty))
    except NotUnderstood:
        return last_of(fold.replaced(value, alone), value, before, each, output, rewrite)
    made = close(before, Method(output, 'map', (each, per_item)))
    return Method(made, 'distinct') if distinct else made


def last_of(values, value, before, each, output, rewrite):
    """The last value that an item gave, or the one of before."""
    if values == EMPTY_LIST:
        return before
    if isinstance(value, Literal):
        return Choice(Binary('>', cel.Call('size', (output,)), Literal(0)), value, before)
    if isinstance(values, List):
        entries = Method(output, 'map', (each, rewrite(values.items[0])))
    else:
        entries = Method(Method(output, 'map', (each, rewrite(values))), 'flatten')
    return cel.alternative(Method(entries, 'last'), before)


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
