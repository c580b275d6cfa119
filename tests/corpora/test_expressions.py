"""Expressions of the other products in CEL, and what quell makes of them."""
import json
import os
import subprocess
import unittest

from importer import cel, js
from importer.cel import Literal, Map, Name, maybe
from importer.context import Reader
from importer.paths import split_path
from importer.values import Value
from importer.wdl import NotUnderstood, parse, parts
from importer.wdl_cel import Translator


class Scope:
    """Every name is there; each action's output is an entry of `actions`."""

    def action(self, name):
        return cel.field(Name('actions'), name)

    def body(self, name):
        return cel.field(Name('actions'), name)

    def variable(self, name):
        return cel.field(Name('vars'), name)

    def variable_kind(self, name):
        return {'list': 'array', 'text': 'string'}.get(name)

    def parameter(self, name):
        return maybe(Name('config'), name)

    def item(self, name):
        return Name('item')

    def trigger(self):
        return cel.field(Name('incident'), 'raw')

    def known(self, tree):
        return None


def translated(text):
    return cel.text(Translator(Scope()).string(text))


BINDINGS = {
    'actions': {'Get': {'items': [{'id': 1, 'tag': 'a'}, {'id': 2}], 'none': None, 'name': 'Ann'}},
    'vars': {'list': ['x', 'y'], 'text': 'Hello world', 'n': 7, 'map': {'a': 1}},
    'config': {}, 'item': {'Address': '192.0.2.1'},
    'incident': {'raw': {'object': {'properties': {'title': 'Malware'}}}},
    'run': {'id': 'r-1', 'started_at': '2026-05-31T22:30:15Z'},
}

# A Logic Apps expression and its value, as Microsoft's reference describes the functions.
KNOWN = [
    ("@body('Get')?['items']?[0]?['tag']", 'a'),
    ("@body('Get')?['none']?['deeper']", None),
    ("@triggerBody()?['object']?['properties']?['title']", 'Malware'),
    ("@{body('Get')['name']} and @{variables('n')}", 'Ann and 7'),
    ("@concat('a', variables('text'), 'b')", 'aHello worldb'),
    ("@length(body('Get')?['items'])", 2),
    ("@length(body('Get')?['missing'])", 0),
    ("@empty(body('Get')?['missing'])", True),
    ("@empty(body('Get')?['items'])", False),
    ("@first(variables('list'))", 'x'),
    ("@last(variables('list'))", 'y'),
    ("@first(variables('text'))", 'H'),
    ("@take(variables('list'), 1)", ['x']),
    ("@take(variables('list'), 5)", ['x', 'y']),
    ("@skip(variables('list'), 1)", ['y']),
    ("@join(variables('list'), '; ')", 'x; y'),
    ("@contains(variables('list'), 'x')", True),
    ("@contains(variables('text'), 'world')", True),
    ("@contains(body('Get')?['name'], 'nn')", True),
    ("@contains(body('Get')?['missing'], 'nn')", False),
    ("@union(variables('list'), createArray('y', 'z'))", ['x', 'y', 'z']),
    ("@intersection(variables('list'), createArray('y', 'z'))", ['y']),
    ("@if(equals(variables('n'), 7), 'seven', 'other')", 'seven'),
    ("@and(greater(variables('n'), 5), not(equals(variables('n'), 8)))", True),
    ("@or(less(variables('n'), 5), lessOrEquals(variables('n'), 7))", True),
    ("@add(variables('n'), mul(2, 3))", 13),
    ("@sub(div(variables('n'), 2), mod(variables('n'), 4))", 0),
    ("@int('12')", 12),
    ("@substring(variables('text'), 6, 5)", 'world'),
    ("@indexOf(variables('text'), 'world')", 6),
    ("@lastIndexOf(variables('text'), 'o')", 7),
    ("@split(variables('text'), ' ')", ['Hello', 'world']),
    ("@replace(variables('text'), 'l', 'L')", 'HeLLo worLd'),
    ("@toUpper(trim('  abc '))", 'ABC'),
    ("@startsWith(variables('text'), 'Hell')", True),
    ("@encodeURIComponent('a b/c')", 'a%20b%2Fc'),
    ("@decodeUriComponent('a%20b')", 'a b'),
    ("@base64ToString(base64('secret'))", 'secret'),
    ("@json('{\"a\": [1]}')?['a']?[0]", 1),
    ("@string(variables('list'))", '["x","y"]'),
    ("@coalesce(body('Get')?['missing'], 'else')", 'else'),
    ("@createArray(1, 'b')", [1, 'b']),
    ("@setProperty(variables('map'), 'b', 2)", {'a': 1, 'b': 2}),
    ("@removeProperty(variables('map'), 'a')", {}),
    ("@addDays('2026-05-31T22:30:00Z', -1)", '2026-05-30T22:30:00Z'),
    ("@addHours('2026-05-31T22:30:00Z', 2)", '2026-06-01T00:30:00Z'),
    ("@ticks('1970-01-01T00:00:01Z')", 621355968010000000),
    ("@dayOfWeek('2026-05-31T00:00:00Z')", 0),
    ("@dayOfMonth('2026-05-31T00:00:00Z')", 31),
    ("@startOfDay('2026-05-31T22:30:00Z')", '2026-05-31T00:00:00Z'),
    ("@formatDateTime('2026-05-31T22:30:15Z', 'yyyy-MM-dd HH:mm')", '2026-05-31 22:30'),
    ("@uriHost('https://example.com:8080/x')", 'example.com'),
    ("@guid()", 'r-1'),
    ("text with @@ at", 'text with @@ at'),
    ("@@text", '@text'),
]

REFUSED = ["@xml('<a/>')", "@listCallbackUrl()", "@unknownFunction(1)", "@addToTime(utcNow(), 1, 'Month')"]


def evaluated(expressions, bindings):
    """Each expression's value by the built quell, or its error."""
    made = []
    for expression in expressions:
        done = subprocess.run([os.environ['QUELL'], 'eval', expression, '--vars', '-', '-o', 'json'],
                              input=json.dumps(bindings), capture_output=True, text=True, check=False)
        made.append(f'{done.stdout}{done.stderr}' if done.returncode else json.loads(done.stdout))
    return made


class LogicApps(unittest.TestCase):
    def test_known_values(self):
        texts = [translated(source) for source, _ in KNOWN]
        for (source, wanted), text, got in zip(KNOWN, texts, evaluated(texts, BINDINGS)):
            with self.subTest(source=source, cel=text):
                self.assertEqual(got, wanted)

    def test_refused(self):
        for source in REFUSED:
            with self.subTest(source=source), self.assertRaises(NotUnderstood):
                translated(source)

    def test_strings_are_cut_where_expressions_end(self):
        self.assertEqual(parts("a@{f('}')}b"), [(False, 'a'), (True, "f('}')"), (False, 'b')])
        with self.assertRaises(NotUnderstood):
            parts('@{open')

    def test_syntax_errors(self):
        for source in ('', 'f(', "'open", 'f(1', 'a', "f()['x'", 'f() g()'):
            with self.subTest(source=source), self.assertRaises(NotUnderstood):
                parse(source)


CONTEXT = {'File': [{'Name': 'a.exe', 'Size': 5, 'Malicious': {'Score': 3}},
                    {'Name': 'b.txt', 'Size': 0}],
           'One': {'Key': 'v'}, 'Text': 'a-b-c', 'Numbers': ['1', '2'], 'Count': '7'}


def reader():
    """Everything is there, and nobody knows what it is."""
    return Reader(lambda keys: (Value(maybe(Name('ctx'), keys[0]), 'any'), 1))


def transformer(operator, **args):
    given = {key: {'value': {'simple': value}} for key, value in args.items()}
    return {'operator': operator, 'args': given}


SOURCES = [
    ({'simple': '${File.Name}'}, ['a.exe', 'b.txt']),
    ({'simple': '${File.[1].Name}'}, ['b.txt']),
    ({'simple': '${One.Key}'}, ['v']),
    ({'simple': '${Missing.Key}'}, []),
    ({'simple': 'names: ${File.Name}!'}, 'names: a.exe,b.txt!'),
    ({'simple': '${File(val.Size > 0).Name}'}, ['a.exe']),
    ({'simple': "${File(val.Name.toLowerCase().indexOf('exe') >= 0).Name}"}, ['a.exe']),
    ({'simple': "${File(['b.txt'].indexOf(val.Name) >= 0).Name}"}, ['b.txt']),
    ({'simple': '${File(val.Malicious).Name}'}, ['a.exe']),
    ({'complex': {'root': 'File', 'accessor': 'Name', 'filters': [[{
        'operator': 'greaterThan', 'left': {'value': {'simple': 'File.Size'}, 'iscontext': True},
        'right': {'value': {'simple': '1'}}}]]}}, ['a.exe']),
    ({'complex': {'root': 'Numbers', 'transformers': [transformer('append', item='3'),
                                                      transformer('join', separator='+')]}}, '1+2+3'),
    ({'complex': {'root': 'Text', 'transformers': [transformer('Cut', delimiter='-', fields='1,3')]}},
     ['a-c']),
    ({'complex': {'root': 'Text', 'transformers': [transformer('split', delimiter='-'),
                                                   transformer('atIndex', index='1')]}}, 'b'),
    ({'complex': {'root': 'Text', 'transformers': [transformer('replaceMatch', regex='-(.)',
                                                               replaceWith='+$1')]}}, ['a+b+c']),
    ({'complex': {'root': 'Numbers', 'transformers': [{'operator': 'count'}]}}, 2),
    ({'complex': {'root': 'Text', 'transformers': [{'operator': 'toUpperCase'}]}}, ['A-B-C']),
    ({'complex': {'root': 'File', 'transformers': [transformer(
        'WhereFieldEquals', field='Name', equalTo='b.txt', getField='Size')]}}, [0]),
    ({'complex': {'root': 'Text', 'transformers': [transformer(
        'RegexGroups', regex='(a)-(b)', groups='0,1', keys='x,y')]}}, {'x': 'a', 'y': 'b'}),
]

CONDITIONS = [
    ('isEqualString', 'Text', 'a-b-c', True), ('isNotEqualString', 'Text', 'a-b-c', False),
    ('isEqualString', 'File.Name', 'b.txt', True), ('isExists', 'Missing', None, False),
    ('isExists', 'Text', None, True), ('isNotEmpty', 'Missing', None, False),
    ('isEmpty', 'Missing', None, True), ('containsString', 'Text', 'b-c', True),
    ('containsGeneral', 'Numbers', '2', True), ('notContainsString', 'Text', 'x', True),
    ('greaterThan', 'Count', '6', True), ('lessThanOrEqual', 'Count', '6', False),
    ('isEqualNumber', 'Count', '7', True), ('inList', 'Count', '5,6,7', True),
    ('match', 'Text', '^a-.*c$', True), ('startWith', 'Text', 'a-', True), ('endWith', 'Text', '-b', False),
    ('hasLength', 'Numbers', '2', True), ('stringHasLength', 'Text', '5', True),
]


class Xsoar(unittest.TestCase):
    def test_known_values(self):
        texts = [cel.text(reader().source(source).node) for source, _ in SOURCES]
        for (source, wanted), text, got in zip(SOURCES, texts, evaluated(texts, {'ctx': CONTEXT})):
            with self.subTest(source=source, cel=text):
                self.assertEqual(got, wanted)

    def test_conditions(self):
        lines = []
        for operator, path, right, _ in CONDITIONS:
            one = {'operator': operator, 'left': {'value': {'simple': path}, 'iscontext': True}}
            if right is not None:
                one['right'] = {'value': {'simple': right}}
            lines.append(cel.text(reader().condition([[one]])))
        for row, text, got in zip(CONDITIONS, lines, evaluated(lines, {'ctx': CONTEXT})):
            with self.subTest(row=row, cel=text):
                self.assertEqual(got, row[3])

    def test_scripts_are_refused(self):
        for source in ('function(){}', 'val.map(f)', 'x = 1', 'new Date()', 'val.reduce(1, 2)'):
            with self.subTest(source=source), self.assertRaises(NotUnderstood):
                js.translate(source)

    def test_paths(self):
        self.assertEqual(split_path("A(val.b == ')').[0].C d=val"),
                         ['A', "(val.b == ')')", '[0]', 'C d', '=val'])


class Printing(unittest.TestCase):
    def test_parentheses(self):
        a, b, c = Name('a'), Name('b'), Name('c')
        both = cel.Binary('&&', cel.Binary('||', a, b), c)
        self.assertEqual(cel.text(both), '(a || b) && c')
        self.assertEqual(cel.text(cel.negated(both)), '!((a || b) && c)')
        self.assertEqual(cel.text(cel.Binary('-', a, cel.Binary('-', b, c))), 'a - (b - c)')
        self.assertEqual(cel.text(cel.Field(cel.Choice(a, b, c), 'x')), '(a ? b : c).x')

    def test_literals(self):
        self.assertEqual(cel.text(Literal("it's\n\\")), "'it\\'s\\n\\\\'")
        self.assertEqual(cel.text(Literal(True)), 'true')
        self.assertEqual(cel.text(maybe(Name('a'), 'b c', 'd')), "a[?'b c'].?d.orValue(null)")

    def test_templates_stay_data(self):
        tree = Map(((Literal('a'), Literal(1)), (Literal('b'), cel.Concat((Literal('x '), Name('y'))))))
        self.assertEqual(cel.template(tree), {'a': 1, 'b': 'x ${{ y }}'})
