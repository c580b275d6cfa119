"""XSOAR's own scripts that need no connector: what each becomes in the language."""
import re

from . import cel
from .cel import Binary, Call, Field, List, Literal, Method, NULL, Name, negated
from .operators import OPERATORS, contains_text, equal_text, exists
from .paths import split_path
from .values import (NOTHING, Value, first_text, is_nothing, literal, many, navigate, parsed, text)
from .program import status, var


def flag(data):
    return str((data or {}).get('simple') or '').lower() in ('true', 'yes')


def value_of(importer, args, stringify=False):
    data = args.get('value')
    simple = (data or {}).get('simple')
    if isinstance(simple, str) and '${' not in simple:
        return literal(simple) if stringify else parsed(simple)
    return importer.source(data) or NOTHING


def set_value(importer, task, args):
    key = first_text(importer.source(args.get('key')) or literal('value'))
    value = value_of(importer, args, flag(args.get('stringify')))
    if flag(args.get('append')):
        before, used = importer.look(split_path(key))
        before = navigate(before, split_path(key)[used:])
        if not is_nothing(before):
            value = Value(Binary('+', many(before), many(value)), 'many')
        else:
            value = Value(many(value), 'many')
    return importer.assign(key, value, task)


def set_unless_empty(importer, task, args):
    """What is empty is not set: an empty list is as good as nothing to all that asks."""
    value = value_of(importer, args)
    if is_nothing(value):
        return []
    if value.shape != 'one':
        kept = Binary('&&', Binary('!=', Name('x'), NULL), Binary('!=', Name('x'), Literal('')))
        args = dict(args)
        value = Value(Method(many(value), 'filter', (Name('x'), kept)), 'many')
    key = first_text(importer.source(args.get('key')) or literal('value'))
    return importer.assign(key, value, task)


def delete(importer, task, args):
    kept = (args.get('keysToKeep') or {}).get('simple') or ''
    if flag(args.get('all')):
        importer.memory.forget({key.strip().split('.')[0] for key in kept.split(',') if key.strip()})
        return []
    key = importer.source(args.get('key'))
    if key is not None:
        importer.memory.remove(tuple(split_path(first_text(key).strip())))
    return []


def fail(argument):
    def row(importer, task, args):
        return [{'id': task['id'], 'name': importer.title(task),
                 'fail': {'reason': importer.text(args.get(argument))}}]
    return row


def refused(importer, task, condition, reason):
    """Fails unless the condition holds."""
    return [{'id': task['id'], 'name': importer.title(task), 'if': negated(condition),
             'steps': [{'fail': {'reason': Literal(reason)}}]}]


def verify(importer, task, args):
    """VerifyContext: a path has a value, or its parts have these fields."""
    path = (args.get('path') or {}).get('simple') or ''
    found = importer.path(re.sub(r'^\$\{(.*)\}$', r'\1', path))
    conditions = []
    expected = importer.source(args.get('expectedValue'))
    if expected is not None and expected.node != Literal(''):
        wanted = parsed(expected.node.value) if isinstance(expected.node, Literal) else expected
        conditions.append(Binary('==', many(found), many(wanted)) if 'many' in (found.shape, wanted.shape)
                          else Binary('==', text(found), text(wanted)))
    names = ((args.get('fields') or {}).get('simple') or '').split(',')
    for name in filter(None, map(str.strip, names)):
        inner = navigate(found, split_path(name))
        conditions.append(exists(inner, NOTHING, False))
    if not conditions:
        conditions.append(exists(found, NOTHING, False))
    return refused(importer, task, cel.both(*conditions), f'{path} is not as expected')


def verify_fields(importer, task, args):
    """VerifyContextFields: each field is there, with its value when one is given."""
    conditions = []
    for number in range(1, 5):
        name = (args.get(f'field{number}') or {}).get('simple')
        if not name:
            continue
        found = importer.path(re.sub(r'^\$\{(.*)\}$', r'\1', name))
        wanted = importer.source(args.get(f'value{number}'))
        conditions.append(exists(found, NOTHING, False) if wanted is None else
                          equal_text(found, wanted, False))
    return refused(importer, task, cel.both(*conditions), 'a field is not as expected')


def wait(importer, task, args):
    seconds = importer.source(args.get('seconds')) or literal('1')
    if not isinstance(seconds.node, Literal):
        until = Binary('+', cel.field(Name('run'), 'started_at'),
                       Call('duration', (cel.Concat((text(seconds), Literal('s'))),)))
        return [{'id': task['id'], 'name': importer.title(task), 'wait': {'until': until}}]
    return [{'id': task['id'], 'name': importer.title(task), 'wait': f'{seconds.node.value}s'}]


def time_now(importer, task, args):
    """GetTime: the time of the run; a computed format stays RFC 3339."""
    key = (args.get('contextKey') or {}).get('simple') or 'TimeNow'
    return importer.assign(key, Value(Call('string', (cel.field(Name('run'), 'started_at'),)), 'one'), task)


# What XSOAR's automatic extraction finds in an entry, as paths of the context.
REGISTERED = Method(Method(Method(Name('d'), 'split', (Literal('.'),)), 'slice', (
    Binary('-', Call('size', (Method(Name('d'), 'split', (Literal('.'),)),)), Literal(2)),
    Call('size', (Method(Name('d'), 'split', (Literal('.'),)),)))), 'join', (Literal('.'),))
URL = r'https?://[^\s"<>/?#.][^\s"<>/?#]*\.[^\s"<>]+'  # what XSOAR takes for one, `|` included
WITH_SCHEME = (r'(^|[^\w./@:])(www\.)', r'\1http://\2')
RANGE_4 = r'\b(?:\d{1,3}\.){3}\d{1,3}/\d{1,3}\b'
RANGE_6 = r'[0-9A-Fa-f:]+::?[0-9A-Fa-f:]*/\d{1,3}\b'


def extracted(name):
    """The indicators of the text `x`, one kind of them."""
    whole = cel.field(Call('ioc.extract', (Name('x'),)), name)
    return whole


def ranges(pattern):
    found = Call('regex.extractAll', (Name('x'), Literal(pattern)))
    return Method(found, 'filter', (Name('r'), Call('isCIDR', (Name('r'),))))


def normal_urls():
    fixed = Method(Name('x'), 'replace', (Literal('http:\\'), Literal('http://')))
    fixed = Call('regex.replace', (fixed, Literal(r'\bhttp:(\w)'), Literal(r'http://\1')))
    fixed = Call('regex.replace', (fixed, Literal(WITH_SCHEME[0]), Literal(WITH_SCHEME[1])))
    return Call('regex.extractAll', (fixed, Literal(URL)))


def plain_ips(colon):
    inside = Method(Name('i'), 'contains', (Literal(':'),))
    return Method(extracted('ips'), 'filter', (Name('i'), inside if colon else negated(inside)))


def domains():
    return Method(Method(Method(extracted('domains'), 'map', (Name('d'), List((Name('d'), REGISTERED)))),
                         'flatten'), 'distinct')


EXTRACTED = {
    ('Account', 'Email', 'Address'): lambda: extracted('mails'),
    ('Domain', 'Name'): domains,
    ('URL', 'Data'): normal_urls,
    ('IP', 'Address'): lambda: plain_ips(False),
    ('IPv6', 'Address'): lambda: plain_ips(True),
    ('CIDR', 'Address'): lambda: ranges(RANGE_4),
    ('IPv6CIDR', 'Address'): lambda: ranges(RANGE_6),
}
EXTRACTS_INLINE = 2  # reputationcalc of a task whose entries are searched for indicators


def show(importer, task, args):
    """Print: a value with a name, which the run's story shows. Indicators in it join the context."""
    value = value_of(importer, args)
    name = importer.vars.new('printed')
    node = text(value) if value.shape == 'one' else value.node
    steps = [{'id': task['id'], 'name': importer.title(task), 'set': {name: node}}]
    if task.get('reputationcalc') != EXTRACTS_INLINE:
        return steps
    for path, find in EXTRACTED.items():
        found = cel.substitute(find(), lambda part: var(name) if part == Name('x') else None)
        before = importer.memory.entries.get(path)
        if before is not None:
            found = Method(Binary('+', many(before), found), 'distinct')
        kept = importer.memory.entries.copy()
        made = importer.assign('.'.join(path), Value(found, 'many'),
                               {**task, 'id': ('extracted', task['id'], path)})
        kept.update(importer.memory.entries)
        importer.memory.entries = kept
        steps += [{'set': made[0]['set']}]
    return steps


BUILTINS = {
    'Set': set_value, 'SetAndHandleEmpty': set_unless_empty,
    'DeleteContext': delete,
    'RaiseError': fail('error'), 'PrintErrorEntry': fail('message'),
    'VerifyContext': verify, 'VerifyContextFields': verify_fields,
    'Print': show,
    'Sleep': wait,
    'GetTime': time_now,
}


# ---- scripts that answer yes or no -------------------------------------------------------------------

def argument(importer, args, name):
    data = args.get(name)
    return importer.reader.source(data) or NOTHING


def is_there(importer, args):
    return exists(argument(importer, args, 'value'), NOTHING, False)


def same(importer, args):
    return equal_text(argument(importer, args, 'left'), argument(importer, args, 'right'), False)


def has_part(importer, args):
    return contains_text(argument(importer, args, 'str'), argument(importer, args, 'substr'), False)


def greater(importer, args):
    return OPERATORS['greaterThan'](argument(importer, args, 'first'),
                                            argument(importer, args, 'second'), False)


def went_wrong(importer, args):
    """isError of the entries of the task before."""
    if importer.memory.last is None:
        return cel.FALSE
    return Binary('==', status(importer.memory.last), Literal('failed'))


def any_results(importer, args):
    if importer.memory.last is None:
        return cel.FALSE
    return exists(Value(cel.maybe(Field(cel.Step(importer.memory.last), 'output'), 'context'),
                                'any'), NOTHING, False)


CONDITIONS = {'Exists': is_there, 'AreValuesEqual': same, 'StringContains': has_part,
              'IsGreaterThan': greater, 'isError': went_wrong, 'UtilAnyResults': any_results}
