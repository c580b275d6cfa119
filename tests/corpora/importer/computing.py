"""Actions that only compute: variables, Compose, ParseJson, Select, Query, Table, Join, Expression."""
from . import cel
from .arm import is_deployed
from .cel import Binary, Call, Concat, EMPTY_LIST, List, Literal, Map, Method, NULL, Name
from .given import Given, GivenTranslator
from .wdl import Constant, Function, NotUnderstood

UNKNOWN = Call('dyn', (Literal('(not translated)'),))


def computing(convert):
    """Marks a conversion whose expressions are values, not effects."""
    def row(importer, name, action):
        before, importer.computing = importer.computing, True
        try:
            return convert(importer, name, action)
        finally:
            importer.computing = before
    return row


EMPTY_OF = {'array': EMPTY_LIST, 'string': Literal(''), 'integer': Literal(0), 'float': Literal(0),
            'object': Map(())}


@computing
def initialize(importer, name, action):
    steps = []
    for variable in action['inputs'].get('variables') or ():
        kind = variable.get('type', '').lower()
        importer.kinds[variable['name'].lower()] = kind
        if 'value' not in variable:
            importer.env['var', variable['name'].lower()] = NULL
            continue
        steps += importer.assign(variable['name'], importer.value(variable['value']))
    return steps


@computing
def set_variable(importer, name, action):
    inputs = action['inputs']
    return importer.assign(inputs['name'], importer.value(inputs.get('value')))


def before_of(importer, variable, kind):
    value = importer.env.get(('var', variable.lower()), NULL)
    return EMPTY_OF.get(kind, NULL) if value == NULL else value


@computing
def append_to_array(importer, name, action):
    inputs = action['inputs']
    before = before_of(importer, inputs['name'], 'array')
    item = List((importer.value(inputs.get('value')),))
    whole = item if before == EMPTY_LIST else Binary('+', before, item)
    return importer.assign(inputs['name'], whole)


@computing
def append_to_string(importer, name, action):
    inputs = action['inputs']
    before = before_of(importer, inputs['name'], 'string')
    part = importer.value(inputs.get('value'))
    parts = part.parts if isinstance(part, Concat) else (part,)
    head = () if before == Literal('') else before.parts if isinstance(before, Concat) else (before,)
    return importer.assign(inputs['name'], Concat(head + parts))


def step_variable(symbol):
    @computing
    def row(importer, name, action):
        inputs = action['inputs']
        amount = importer.value(inputs.get('value', 1))
        whole = Binary(symbol, before_of(importer, inputs['name'], 'integer'), amount)
        return importer.assign(inputs['name'], whole)
    return row


@computing
def compose(importer, name, action):
    return importer.compute(name, importer.value(action.get('inputs')))


@computing
def parse_json(importer, name, action):
    """Bodies are values already; only a text has to be read."""
    content = importer.value((action.get('inputs') or {}).get('content'))
    if isinstance(content, Concat) or isinstance(content, Literal) and isinstance(content.value, str):
        content = Call('json.decode', (content,))
    return importer.compute(name, content)


def over(convert):
    """An action over the items of `from`."""
    @computing
    def row(importer, name, action):
        inputs = action.get('inputs') or {}
        items = cel.as_list(importer.value(inputs.get('from')))
        before, importer.macros = importer.macros, importer.macros + (Name('x'),)
        try:
            node = convert(importer, inputs, items)
        finally:
            importer.macros = before
        return importer.compute(name, node)
    return row


def select(importer, inputs, items):
    return Method(items, 'map', (Name('x'), importer.value(inputs.get('select'))))


def query(importer, inputs, items):
    return Method(items, 'filter', (Name('x'), importer.condition(inputs.get('where'))))


def table(importer, inputs, items):
    form = 'markdown.table' if str(inputs.get('format')).lower() == 'markdown' else 'html.table'
    columns = inputs.get('columns')
    if not columns:
        return Call(form, (items,))
    row = Map(tuple((importer.value(column.get('header', '')), importer.value(column.get('value')))
                    for column in columns))
    return Call(form, (Method(items, 'map', (Name('x'), row)),))


def join_items(importer, inputs, items):
    texts = Method(items, 'map', (Name('x'), Call('string', (Name('x'),))))
    return Method(texts, 'join', (importer.value(inputs.get('joinWith', '')),))


@computing
def time_expression(importer, name, action):
    """`Expression`: the kinds are functions on times."""
    inputs, kind = action.get('inputs') or {}, action.get('kind', '')
    args = [inputs.get('baseTime'), inputs.get('interval'), inputs.get('timeUnit')]
    names = {'addtotime': args, 'subtractfromtime': args, 'getpasttime': args[1:],
             'getfuturetime': args[1:], 'currenttime': []}
    if kind.lower() not in names:
        importer.ledger.add('expressions', f'Expression of kind {kind}: no such function')
        return importer.compute(name, UNKNOWN)
    function = {'currenttime': 'utcnow'}.get(kind.lower(), kind)
    nodes = [Given(importer.value(arg), None) for arg in names[kind.lower()]]
    unit = inputs.get('timeUnit')
    if nodes and not is_deployed(unit):
        nodes[-1] = Constant(unit)
    if nodes and len(nodes) > 1 and isinstance(nodes[-2].node, Literal):
        nodes[-2] = Constant(nodes[-2].node.value)
    try:
        node = GivenTranslator(importer).call(Function(function, tuple(nodes)))
    except (NotUnderstood, AttributeError) as why:
        importer.ledger.add('expressions', str(why))
        node = UNKNOWN
    return importer.compute(name, node)


COMPUTING = {
    'initializevariable': initialize,
    'setvariable': set_variable,
    'appendtoarrayvariable': append_to_array,
    'appendtostringvariable': append_to_string,
    'incrementvariable': step_variable('+'),
    'decrementvariable': step_variable('-'),
    'compose': compose,
    'parsejson': parse_json,
    'select': over(select),
    'query': over(query),
    'table': over(table),
    'join': over(join_items),
    'expression': time_expression,
}
VALUES = set(COMPUTING) - {name for name in COMPUTING if name.endswith('variable')}
