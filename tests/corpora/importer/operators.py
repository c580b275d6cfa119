"""XSOAR's operators of conditions and filters: a row for each."""
from .cel import (Binary, Call, FALSE, List, Literal, Maybe, Method, NULL, TRUE, as_text, both, negated,
                  or_value)
from .regex import literal_regex
from .values import V, X, first_of, is_nothing, many, mapped, number, text
from .wdl import NotUnderstood

def some(value, condition):
    """Whether the condition holds for the value, or for one part of it."""
    if is_nothing(value):
        return FALSE
    if value.shape == 'one' and not isinstance(value.node, Maybe):
        return condition(value.node)
    return Method(many(value), 'exists', (X, condition(X)))


def lowered(node, ignore):
    return Method(as_text(node), 'lowerAscii') if ignore else as_text(node)


def on_text(make):
    """An operator that compares texts."""
    def row(left, right, ignore):
        wanted = lowered(text(right), ignore)
        if ignore and isinstance(right.node, Literal):
            wanted = Literal(str(right.node.value).lower())
        return some(left, lambda node: make(lowered(node, ignore), wanted))
    return row


def on_number(symbol):
    def row(left, right, ignore):
        wanted = number(first_of(right))
        return some(left, lambda node: Binary(symbol, number(node), wanted))
    return row


def exists(left, right, ignore):
    if is_nothing(left):
        return FALSE
    if isinstance(left.node, Literal):
        return TRUE
    return Binary('>', Call('size', (many(left),)), Literal(0))


def not_empty(left, right, ignore):
    if is_nothing(left):
        return FALSE
    if isinstance(left.node, Literal):
        return Literal(left.node.value not in ('', None))
    return Method(many(left), 'exists', (X, both(Binary('!=', X, NULL), Binary('!=', X, Literal('')))))


def opposite(row):
    return lambda left, right, ignore: negated(row(left, right, ignore))


def contains(left, right, ignore):
    """Of a list, whether it has the item; of a text, whether the other stands in it."""
    if is_nothing(left):
        return FALSE
    wanted = text(right)
    if left.shape == 'many':
        return some(left, lambda node: Binary('==', lowered(node, ignore), lowered(wanted, ignore)))
    inside = lambda node: Method(lowered(node, ignore), 'contains', (lowered(wanted, ignore),))
    return some(left, inside)


def is_in(left, right, ignore):
    """Whether the left one is an item of the right one, a list or a text with commas."""
    if right.shape == 'one':
        listed = Method(as_text(right.node), 'split', (Literal(','),))
        if isinstance(right.node, Literal):
            listed = List(tuple(Literal(part.strip()) for part in str(right.node.value).split(',')))
        return some(left, lambda node: Binary('in', as_text(node), listed))
    texts = mapped(many(right), as_text(X))
    return some(left, lambda node: Method(texts, 'exists', (V, Binary('==', V, as_text(node)))))


def has_length(left, right, ignore):
    return Binary('==', Call('size', (many(left),)), number(first_of(right)))


def text_length(left, right, ignore):
    return some(left, lambda node: Binary('==', Call('size', (as_text(node),)), number(first_of(right))))


def is_true(wanted):
    return lambda left, right, ignore: some(
        left, lambda node: Binary('==', as_text(node), Literal(wanted)))


def any_of_list(left, right, ignore):
    """StringContainsArray: whether a text of the left one contains one of the right one."""
    if is_nothing(left) or is_nothing(right):
        return FALSE
    return Method(many(right), 'exists', (V, some(left, lambda node: Method(
        as_text(node), 'contains', (as_text(V),)))))


def in_ranges(left, right, ignore):
    ranges = many(right)
    if isinstance(right.node, Literal):
        ranges = List(tuple(Literal(part.strip()) for part in str(right.node.value).split(',')))
    return some(left, lambda node: Method(ranges, 'exists', (V, Method(
        Call('cidr', (as_text(V),)), 'containsIP', (as_text(node),)))))


def wide_range(left, right, ignore):
    """Whether a range has more addresses than that."""
    limit = number(first_of(right))
    if not isinstance(limit, Literal):
        raise NotUnderstood('a number of addresses that is computed')
    bits = max(int(limit.value), 1).bit_length()
    return some(left, lambda node: Binary('<', Call('int', (prefix_of(node),)),
                                          Literal(33 - bits)))


def prefix_of(node):
    return or_value(Maybe(Method(Method(as_text(node), 'split', (Literal('/'),)), 'last')), Literal('32'))


equal_text = on_text(lambda a, b: Binary('==', a, b))
contains_text = on_text(lambda a, b: Method(a, 'contains', (b,)))
matches = lambda left, right, ignore: some(left, lambda node: Method(
    as_text(node), 'matches', (literal_regex(right.node, ignore),)))

OPERATORS = {
    'isEqualString': equal_text, 'isEqual': equal_text, 'isNotEqualString': opposite(equal_text),
    'isNotEqual': opposite(equal_text),
    'isExists': exists, 'isNotExists': opposite(exists),
    'isNotEmpty': not_empty, 'isEmpty': opposite(not_empty),
    'containsGeneral': contains, 'notContainsGeneral': opposite(contains),
    'containsString': contains_text, 'notContainsString': opposite(contains_text),
    'startWith': on_text(lambda a, b: Method(a, 'startsWith', (b,))),
    'endWith': on_text(lambda a, b: Method(a, 'endsWith', (b,))),
    'notEndWith': opposite(on_text(lambda a, b: Method(a, 'endsWith', (b,)))),
    'match': matches,
    'in': is_in, 'inList': is_in, 'notIn': opposite(is_in), 'notInList': opposite(is_in),
    'isEqualNumber': on_number('=='), 'isNotEqualNumber': opposite(on_number('==')),
    'greaterThan': on_number('>'), 'greaterThanOrEqual': on_number('>='),
    'lessThan': on_number('<'), 'lessThanOrEqual': on_number('<='),
    'isTrue': is_true('true'), 'isFalse': is_true('false'),
    'hasLength': has_length, 'stringHasLength': text_length,
    'StringContainsArray': any_of_list,
    'IsInCidrRanges': in_ranges, 'GreaterCidrNumAddresses': wide_range,
}
