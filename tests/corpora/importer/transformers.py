"""XSOAR's transformers: a row for each. `row(value, args, reader)` gives the value behind it."""
from . import cel, js
from .cel import (Binary, Call, Choice, Concat, Literal, Map, Maybe, Method, NULL, Present, as_text, maybe,
                  or_value)
from .operators import not_empty
from .paths import split_path
from .regex import captured, literal_regex, replacement
from .values import (V, Value, X, each, first_of, first_text, literal, many, mapped, navigate, number,
                     text)
from .wdl import NotUnderstood

def given(args, key, otherwise=''):
    """An argument as a text node."""
    return text(args[key]) if key in args else Literal(otherwise)


def concat(value, args, reader):
    prefix, suffix = given(args, 'prefix'), given(args, 'suffix')
    parts = lambda node: tuple(part for part in (prefix, node, suffix) if part != Literal(''))
    return each(value, lambda node: Concat(parts(node)))


def at_index(value, args, reader):
    index = number(first_of(args['index']))
    return Value(maybe(many(value), index if isinstance(index, Literal) else Call('int', (index,))), 'any')


def append(value, args, reader):
    return Value(Binary('+', many(value), many(args['item'])), 'many') if 'item' in args else value


def regex_replace(value, args, reader):
    pattern = literal_regex(args['regex'].node)
    other = args.get('replaceWith') or args.get('replace_with') or literal('')
    return each(value, lambda node: Call('regex.replace', (as_text(node), pattern,
                                                           replacement(text(other)))))


def get_field(value, args, reader):
    return navigate(value, split_path(first_text(args['field'])))


def where_field(value, args, reader):
    name = first_text(args['field'])
    found = Method(many(value), 'filter', (V, Binary(
        '==', as_text(maybe(V, name)), text(args['equalTo']))))
    return navigate(Value(found, 'many'), split_path(first_text(args['getField'])) if 'getField' in args
                    else [])


def stringify(value, args, reader):
    if value.shape == 'one':
        return Value(as_text(value.node), 'one')
    return Value(Call('json.encode', (or_value(value.node, NULL),)), 'one')


def text_change(name):
    return lambda value, args, reader: each(value, lambda node: Method(as_text(node), name))


def split(value, args, reader):
    parts = Method(text(value), 'split', (given(args, 'delimiter', ','),))
    return Value(parts, 'many')


def split_and_trim(value, args, reader):
    return Value(Method(split(value, args, reader).node, 'map', (X, Method(X, 'trim'))), 'many')


def script(value, args, reader):
    source = first_text(args['dt']).strip()
    if source.startswith('.='):
        return Value(Method(many(value), 'map', (X, js.translate(source[2:], X))), 'many')
    return reader.follow(value, split_path(source.lstrip('.')))


def arithmetic(symbol):
    def row(value, args, reader):
        by = number(first_of(args['by']))
        left = lambda node: number(node)
        return each(value, lambda node: Binary(symbol, left(node), as_double(by)))
    return row


def as_double(node):
    return Literal(float(node.value)) if isinstance(node, Literal) and \
        isinstance(node.value, (int, float)) else node


def to_unix(value, args, reader):
    return each(value, lambda node: Call('int', (Call('timestamp', (as_text(node),)),)))


def cut(value, args, reader):
    """Some of the fields between a delimiter, counted from 1, or from the end."""
    mark = given(args, 'delimiter')
    fields = [int(part) for part in first_text(args['fields']).split(',')]

    def change(node):
        parts = Method(as_text(node), 'split', (mark,))
        picked = [Maybe(Method(parts, 'last')) if field == -1 else maybe(parts, field - 1)
                  for field in fields]
        if min(fields) < -1:
            raise NotUnderstood('Cut of a field counted from the end')
        return Method(Present(tuple(picked)), 'join', (mark,))
    return each(value, change)


def product_join(value, args, reader):
    other, mark = many(args['list2']), given(args, 'join')
    pair = Concat((X, mark, V))
    inner = Method(other, 'map', (V, pair))
    return Value(Method(Method(many(value), 'map', (X, inner)), 'flatten'), 'many')


def sum_list(value, args, reader):
    return Value(Method(Method(many(value), 'map', (X, Call('double', (X,)))), 'sum'), 'one')


def replace(value, args, reader):
    old, new = given(args, 'toReplace'), given(args, 'replaceWith')
    return each(value, lambda node: Method(as_text(node), 'replace', (old, new)))


def first_item(value, args, reader):
    return Value(Maybe(Method(many(value), 'first')), 'one')


def regex_groups(value, args, reader):
    """The groups of a match, as a list or under keys."""
    pattern = args['regex'].node
    if not isinstance(pattern, Literal):
        raise NotUnderstood('a regex that is computed')
    ones = captured(pattern.value)
    chosen = [int(part) for part in first_text(args['groups']).split(',')] if 'groups' in args else \
        range(len(ones))
    found = [Maybe(Call('regex.extract', (text(value), Literal(ones[group])))) for group in chosen]
    if 'keys' not in args:
        return Value(Present(tuple(found)), 'many')
    keys = first_text(args['keys']).split(',')
    return Value(Map(tuple(zip(map(Literal, keys), found))), 'one')


def regex_all(value, args, reader):
    ones = captured(first_text(args['regex'])) or [first_text(args['regex'])]
    found = lambda node: Call('regex.extractAll', (as_text(node), Literal(ones[0])))
    return Value(Method(Method(many(value), 'map', (X, found(X))), 'flatten'), 'many')


def set_if_empty(value, args, reader):
    otherwise = args.get('defaultValue', literal(''))
    made = Choice(not_empty(value, None, False), or_value(value.node, NULL),
                  or_value(otherwise.node, NULL))
    return Value(made, 'any')


def cut_list(value, args, reader):
    start, end = number(first_of(args['from'])), number(first_of(args['to']))
    items = many(value)
    return Value(Method(items, 'slice', (Call('math.least', (start, Call('size', (items,)))),
                                         Call('math.least', (end, Call('size', (items,)))))), 'many')


def fields_of_many(value, args, reader):
    names = many(args['list'])
    inner = Method(names, 'map', (V, Present((Maybe(cel.Field(X, V, True)),))))
    found = Method(Method(many(args['key']), 'map', (X, inner)), 'flatten', (Literal(3),))
    return Value(found, 'many')


TRANSFORMERS = {
    'uniq': lambda value, args, reader: Value(Method(many(value), 'distinct'), 'many'),
    'concat': concat,
    'join': lambda value, args, reader: Value(
        Method(mapped(many(value), as_text(X)), 'join', (given(args, 'separator', ','),)), 'one'),
    'atIndex': at_index,
    'append': append,
    'replaceMatch': regex_replace, 'ReplaceMatchGroup': regex_replace,
    'getField': get_field,
    'WhereFieldEquals': where_field,
    'Stringify': stringify,
    'toLowerCase': text_change('lowerAscii'), 'toUpperCase': text_change('upperAscii'),
    'trim': text_change('trim'),
    'split': split, 'splitAndTrim': split_and_trim,
    'DT': script,
    'ConvertToSingleElementArray': lambda value, args, reader: Value(many(value), 'many'),
    'count': lambda value, args, reader: Value(Call('size', (many(value),)), 'one'),
    'addition': arithmetic('+'), 'subtraction': arithmetic('-'),
    'multiply': arithmetic('*'), 'division': arithmetic('/'),
    'floor': lambda value, args, reader: each(value, lambda node: Call('math.floor', (number(node),))),
    'toUnix': to_unix,
    'Cut': cut,
    'ProductJoin': product_join,
    'SumList': sum_list,
    'replace': replace,
    'GetFirstObject': first_item, 'FirstArrayElement': first_item,
    'RegexGroups': regex_groups, 'RegexExtractAll': regex_all,
    'SetIfEmpty': set_if_empty,
    'slice': cut_list,
    'GetValuesOfMultipleFields': fields_of_many,
}
