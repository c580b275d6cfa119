"""Values of XSOAR's context as CEL, and what is known of their shape.

A value is `one` thing, a list of `many`, or `any` of both, when only the run knows. Paths go through
lists, as in XSOAR: `File.Name` of three files is three names.
"""
from dataclasses import dataclass
import json
import re

from .cel import (Call, EMPTY_LIST, Field, List, Literal, Map, Maybe, Method, NULL, Name, Present, as_text,
                  maybe, or_value, walk)
from .wdl import NotUnderstood

X, V = Name('x'), Name('v')


@dataclass(frozen=True)
class Value:
    node: object
    shape: str = 'any'


NOTHING = Value(NULL, 'one')


def literal(data):
    """A value that is known."""
    if isinstance(data, list):
        return Value(List(tuple(literal(item).node for item in data)), 'many')
    if isinstance(data, int) and abs(data) > 2**53:
        data = float(data)  # as JavaScript has it
    if isinstance(data, dict):
        return Value(Map(tuple((Literal(str(key)), literal(item).node)
                               for key, item in data.items())), 'one')
    return Value(Literal(data), 'one')


def parsed(text):
    """A text that Set would read as JSON, or itself."""
    try:
        return literal(json.loads(text))
    except (ValueError, TypeError):
        return literal(text)


# ---- shapes ----------------------------------------------------------------------------------------

def is_nothing(value):
    return value.node == NULL


def many(value):
    """The value as a list."""
    if is_nothing(value):
        return EMPTY_LIST
    if value.shape == 'many':
        return or_value(value.node, EMPTY_LIST)
    single = Present((value.node,)) if isinstance(value.node, Maybe) else List((value.node,))
    return single if value.shape == 'one' else Method(single, 'flatten')


def open_items(value):
    """The value as a list of anything: only the run knows what is in a var or an input."""
    items = many(value)
    unsure = isinstance(items, Field) or value.shape == 'any' and Name('inputs') in walk(items)
    return Call('dyn', (items,)) if unsure else items


def text(value, separator=','):
    """The value inside a text."""
    if value.shape == 'one' or is_nothing(value):
        return as_text(value.node)
    return Method(mapped(many(value), as_text(X)), 'join', (Literal(separator),))


def mapped(items, node):
    return items if node == X else Method(items, 'map', (X, node))


def each(value, change):
    """A change of every part of a value; the shape stays."""
    if is_nothing(value):
        return value
    if value.shape == 'one' and not isinstance(value.node, Maybe):
        return Value(change(value.node), 'one')
    return Value(Method(many(value), 'map', (X, change(X))), 'many')


def navigate(value, keys):
    for key in keys:
        index = re.fullmatch(r'\[(\d+)\]', key)
        if index:
            value = Value(maybe(many(value), int(index.group(1))), 'any')
        elif is_nothing(value):
            return value
        elif value.shape == 'one':
            if isinstance(value.node, Field):  # a var: only the run knows what is in it
                value = Value(Call('dyn', (value.node,)), 'one')
            value = Value(maybe(value.node, key), 'any')
        else:
            inner = Present((maybe(V, key),))
            value = Value(Method(Method(open_items(value), 'map', (V, inner)), 'flatten', (Literal(2),)),
                          'many')
    return value


def number(node):
    if isinstance(node, Literal):
        try:
            value = float(node.value)
            return Literal(int(value) if value.is_integer() and abs(value) < 2**53 else value)
        except (TypeError, ValueError):
            return node
    return Call('double', (or_value(node, NULL),))


def first_of(value):
    """A value as one thing."""
    if value.shape == 'one' or isinstance(value.node, Literal):
        return value.node
    return Maybe(Method(many(value), 'first'))


def first_text(value):
    if not isinstance(value.node, Literal):
        raise NotUnderstood('the name of a field that is computed')
    return str(value.node.value)
