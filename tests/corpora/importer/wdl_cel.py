"""Logic Apps expressions in CEL: one table row for each function.

Navigation that meets null gives null all the way: `a?['b']['c']` and `a?['b']?['c']` both become
`a.?b.?c.orValue(null)`, where Logic Apps lets the first one fail. Times stay timestamps until they
become text. What has no row, or a row that refuses, raises NotUnderstood with the reason.
"""
import re

from .cel import (Binary, Call, Choice, Concat, Field, List, Literal, Map, Maybe, Method, NULL, Name,
                  Unary, as_list, as_optional, as_text, both, either, field, is_text,
                  maybe, negated, or_value)
from .wdl import Access, Constant, Function, NotUnderstood, parse, parts

SECONDS = {'second': 1, 'minute': 60, 'hour': 3600, 'day': 86400, 'week': 604800}
TICKS_OF_1970 = 621355968000000000
X = Name('x')


class Translator:
    """Turns parsed expressions into CEL. `scope` says what names mean where the expression stands:

    action(name) -> node of its output; body(name); status(name); variable(name); parameter(name);
    item(loop name or None); trigger(); results(scope name); variable_kind(name) -> 'array' ...
    """

    def __init__(self, scope):
        self.scope = scope

    # ---- strings and data ----------------------------------------------------------------------

    def value(self, data):
        """A JSON value of a workflow, all strings in it translated."""
        if isinstance(data, str):
            return self.string(data)
        if isinstance(data, list):
            return List(tuple(self.value(item) for item in data))
        if isinstance(data, dict):
            return Map(tuple((self.string(key), self.value(item)) for key, item in data.items()))
        return Literal(data)

    def string(self, text):
        made = [self.expression(part) if code else Literal(part) for code, part in parts(text)]
        if text.startswith('@') and not text.startswith(('@{', '@@')):
            return made[0]
        if len(made) < 2 and not (made and not isinstance(made[0], Literal)):
            return made[0] if made else Literal('')
        return Concat(tuple(made))

    def expression(self, text):
        return self.node(parse(text))

    # ---- trees ---------------------------------------------------------------------------------

    def node(self, tree):
        if isinstance(tree, Constant):
            return Literal(tree.value)
        if isinstance(tree, Access):
            return self.access(tree)
        return self.call(tree)

    def access(self, tree):
        special = self.scope.known(tree)
        if special is not None:
            return special
        of = self.node(tree.of)
        if isinstance(tree.key, Constant):
            key = tree.key.value if isinstance(tree.key.value, str) else Literal(tree.key.value)
        else:
            key = self.node(tree.key)
        if tree.safe or isinstance(of, Maybe):
            return maybe(of, key)
        return Field(of, key)

    def call(self, tree):
        special = self.scope.known(tree)
        if special is not None:
            return special
        row = FUNCTIONS.get(tree.name.lower())
        if row is None:
            raise NotUnderstood(f'{tree.name}(): {NO_EQUIVALENT.get(tree.name.lower(), "unknown")}')
        return row(self, *tree.args)

    def text(self, tree):
        return as_text(self.node(tree))

    def list(self, tree):
        return as_list(self.node(tree))

    def number(self, tree):
        node = self.node(tree)
        if self.kind(tree) in ('integer', 'float', 'number'):
            return node
        return node if isinstance(node, Literal) else or_value(node, NULL)

    def time(self, tree):
        """A point in time; texts are read as RFC 3339."""
        node = self.node(tree)
        return node if is_time(node) else Call('timestamp', (or_value(node, Literal('')),))

    # ---- types as far as they can be seen --------------------------------------------------------

    def kind(self, tree):
        """'string', 'array', 'object', 'integer', 'boolean' or None."""
        if isinstance(tree, Constant):
            names = {str: 'string', bool: 'boolean', int: 'integer', float: 'float'}
            return names.get(type(tree.value))
        if isinstance(tree, Function):
            if tree.name.lower() == 'variables' and isinstance(tree.args[0], Constant):
                return self.scope.variable_kind(tree.args[0].value)
            return RESULTS.get(tree.name.lower())
        return None


def is_time(node):
    match node:
        case Field(of=Name(name='run'), key='started_at'):
            return True
        case Binary(operator='+' | '-', left=left):
            return is_time(left)
        case Call(function='timestamp'):
            return True
        case Method(name='startOf'):
            return True
    return False


RESULTS = {**dict.fromkeys(('concat', 'string', 'replace', 'tolower', 'toupper', 'trim', 'substring',
                            'join', 'encodeuricomponent', 'base64tostring', 'formatdatetime',
                            'base64', 'uricomponent', 'decodeuricomponent', 'guid'), 'string'),
           **dict.fromkeys(('createarray', 'split', 'union', 'intersection', 'array', 'take', 'skip',
                            'range'), 'array'),
           **dict.fromkeys(('length', 'int', 'add', 'sub', 'mul', 'div', 'mod', 'indexof', 'ticks',
                            'lastindexof', 'dayofweek', 'dayofmonth', 'dayofyear', 'max', 'min'),
                           'integer'),
           'setproperty': 'object', 'addproperty': 'object', 'removeproperty': 'object'}

# Functions that have no row, and why.
NO_EQUIVALENT = {
    'xml': 'quell has no XML values',
    'xpath': 'quell has no XML values',
    'listcallbackurl': 'a playbook does not know the address it is called at',
    'result': 'needs the scope it names',
    'rand': 'expressions give the same value every time',
}


# ---- rows ----------------------------------------------------------------------------------------

def operator(symbol):
    def row(tr, left, right):
        return Binary(symbol, tr.number(left), tr.number(right))
    return row


def equals(tr, left, right):
    a, b = tr.node(left), tr.node(right)
    if isinstance(a, Literal) and isinstance(b, Literal) and type(a.value) is not type(b.value):
        return Literal(False)  # no checker would let it pass
    return Binary('==', a, b)


def contains(tr, whole, part):
    kind, wanted = tr.kind(whole), tr.node(part)
    if kind == 'string' or is_text(tr.node(whole)):
        return Method(tr.text(whole), 'contains', (as_text(wanted),))
    if kind in ('array', 'object'):
        return Binary('in', wanted, tr.list(whole))
    of = tr.node(whole)
    if is_known(of):
        return Binary('in', wanted, of)
    of = of if isinstance(of, Maybe) else Call('dyn', (of,))
    wanted = Call('dyn', (wanted,)) if wanted == X else wanted
    either_way = Choice(Binary('==', Call('type', (of,)), Name('string')),
                        Method(Call('string', (of,)), 'contains', (as_text(wanted),)),
                        Binary('in', wanted, of))
    if isinstance(of, Maybe):
        inner = Choice(Binary('==', Call('type', (X,)), Name('string')),
                       Method(Call('string', (X,)), 'contains', (as_text(wanted),)),
                       Binary('in', wanted, X))
        return Method(Method(of.optional, 'optMap', (X, inner)), 'orValue', (Literal(False),))
    return either_way


def is_known(node):
    """An action's whole output is a map, and what map() and filter() give is a list."""
    return isinstance(node, (List, Map)) or isinstance(node, Field) and node.key == 'output' or \
        isinstance(node, Method) and node.name in ('map', 'filter')


def size(tr, of):
    return Call('size', (tr.list(of) if tr.kind(of) != 'string' else tr.text(of),))


def empty(tr, of):
    node = tr.node(of)
    if isinstance(node, Maybe):
        return Unary('!', Method(Call('optional.ofNonZeroValue', (node,)), 'hasValue'))
    return Binary('==', Call('size', (node,)), Literal(0))


def end(name):
    """first() and last(), of a list or of a text."""
    def row(tr, of):
        if tr.kind(of) == 'string':
            text = tr.text(of)
            if name == 'first':
                return Method(text, 'charAt', (Literal(0),))
            return Method(text, 'charAt', (Binary('-', Call('size', (text,)), Literal(1)),))
        return Maybe(Method(tr.list(of), name))
    return row


def shortened(of, count):
    return Call('math.least', (count, Call('size', (of,))))


def take(tr, of, count):
    whole = tr.text(of) if tr.kind(of) == 'string' else tr.list(of)
    name = 'substring' if tr.kind(of) == 'string' else 'slice'
    return Method(whole, name, (Literal(0), shortened(whole, tr.node(count))))


def skip(tr, of, count):
    whole = tr.text(of) if tr.kind(of) == 'string' else tr.list(of)
    start = shortened(whole, tr.node(count))
    if tr.kind(of) == 'string':
        return Method(whole, 'substring', (start,))
    return Method(whole, 'slice', (start, Call('size', (whole,))))


def substring(tr, of, start, count=None):
    text, first = tr.text(of), tr.node(start)
    if count is None:
        return Method(text, 'substring', (first,))
    many = tr.node(count)
    if isinstance(first, Literal) and isinstance(many, Literal):
        return Method(text, 'substring', (first, Literal(first.value + many.value)))
    last = many if first == Literal(0) else Binary('+', first, many)
    return Method(text, 'substring', (first, last))


def text_method(name):
    def row(tr, of, *args):
        return Method(tr.text(of), name, tuple(tr.text(arg) for arg in args))
    return row


def join(tr, of, separator):
    items = Method(tr.list(of), 'map', (X, Call('string', (X,))))
    return Method(items, 'join', (tr.text(separator),))


def union(tr, *lists):
    if any(tr.kind(part) == 'object' for part in lists):
        raise NotUnderstood('union() of objects: maps cannot be merged')
    made = tr.list(lists[0])
    for part in lists[1:]:
        made = Binary('+', made, tr.list(part))
    return Method(made, 'distinct')


def intersection(tr, first, *others):
    found = both(*(Binary('in', X, tr.list(part)) for part in others))
    return Method(tr.list(first), 'filter', (X, found))


def coalesce(tr, *args):
    made = tr.node(args[-1])
    for part in reversed(args[:-1]):
        node = tr.node(part)
        made = Method(as_optional(node), 'orValue', (made,))
    return made


def span(tr, amount, seconds):
    count = tr.node(amount)
    if isinstance(count, Literal) and isinstance(count.value, int):
        return Call('duration', (Literal(spelled(count.value * seconds)),))
    if seconds == 1:
        return Call('duration', (count,))
    return Call('duration', (Binary('*', count, Literal(seconds)),))


def spelled(seconds):
    """A duration in its largest whole unit."""
    for unit, length in (('d', 86400), ('h', 3600), ('m', 60)):
        if seconds % length == 0 and seconds:
            return f'{seconds // length}{unit}'
    return f'{seconds}s'


def shift(unit, sign=1):
    """addDays() and its kin."""
    def row(tr, time, amount, form=None):
        return moved(tr, tr.time(time), amount, SECONDS[unit], sign, form)
    return row


def moved(tr, time, amount, seconds, sign, form):
    if isinstance(amount, Constant) and isinstance(amount.value, int) and amount.value < 0:
        amount, sign = Constant(-amount.value), -sign
    moment = Binary('+' if sign > 0 else '-', time, span(tr, amount, seconds))
    return formatted(tr, moment, form) if form else moment


def from_now(sign):
    """getPastTime() and getFutureTime()."""
    def row(tr, amount, unit, form=None):
        return moved(tr, NOW, amount, seconds_of(unit), sign, form)
    return row


def to_time(sign):
    """addToTime() and subtractFromTime()."""
    def row(tr, time, amount, unit, form=None):
        return moved(tr, tr.time(time), amount, seconds_of(unit), sign, form)
    return row


def seconds_of(unit):
    name = str(unit.value).lower() if isinstance(unit, Constant) else ''
    if name not in SECONDS:
        raise NotUnderstood(f'a time unit that is `{name or "computed"}`: months have no length')
    return SECONDS[name]


NOW = field(Name('run'), 'started_at')
RUN_ID = field(Name('run'), 'id')  # a name for what the run makes: the same on every retry
STANDARD_FORMS = {'o', 's', 'u', 'r'}


def formatted(tr, moment, form):
    """`string()` gives RFC 3339, which the standard formats of .NET are near enough to."""
    if not isinstance(form, Constant):
        raise NotUnderstood('a time format that is computed')
    if form.value.lower() in STANDARD_FORMS:
        return Call('string', (moment,))
    return Call('time.format', (moment, Literal(strftime(form.value))))


FORM_PARTS = {'yyyy': '%Y', 'yy': '%y', 'MMMM': '%B', 'MMM': '%b', 'MM': '%m', 'M': '%m',
              'dddd': '%A', 'ddd': '%a', 'dd': '%d', 'd': '%d', 'HH': '%H', 'H': '%H', 'hh': '%I',
              'h': '%I', 'mm': '%M', 'm': '%M', 'ss': '%S', 's': '%S', 'tt': '%p', 'zzz': '%z'}


def strftime(form):
    """A .NET format as strftime spells it."""
    made = ''
    for run in re.findall(r"'[^']*'|(?:(.)\1*)", form) and re.finditer(r"'[^']*'|(.)\1*", form):
        part = run.group(0)
        if part.startswith("'"):
            made += part.strip("'")
        elif part in FORM_PARTS:
            made += FORM_PARTS[part]
        elif part.strip('fF') == '':
            made += '0' * len(part)
        elif part[0].isalpha() and part not in ('T', 'Z'):
            raise NotUnderstood(f'the time format `{form}`: no part `{part}`')
        else:
            made += part.replace('%', '%%')
    return made


def utc_now(tr, form=None):
    return formatted(tr, NOW, form) if form else NOW


def ticks(tr, time):
    seconds = Binary('*', Call('int', (tr.time(time),)), Literal(10000000))
    return Binary('+', seconds, Literal(TICKS_OF_1970))


def start_of_day(tr, time, form=None):
    moment = Method(Call('string', (tr.time(time),)), 'substring', (Literal(0), Literal(10)))
    moment = Call('timestamp', (Concat((moment, Literal('T00:00:00Z'))),))
    return formatted(tr, moment, form) if form else moment


def time_part(name, base=0):
    def row(tr, time):
        part = Method(tr.time(time), name)
        return Binary('+', part, Literal(base)) if base else part
    return row


def to_json(tr, of):
    return Call('json.decode', (tr.text(of),))


def to_array(tr, of):
    node = tr.node(of)
    return node if tr.kind(of) == 'array' else List((node,))


def to_int(tr, of):
    if isinstance(of, Constant) and str(of.value).isdigit():
        return Literal(int(of.value))
    return Call('int', (or_value(tr.node(of), NULL),))


def to_string(tr, of, *encoding):
    if tr.kind(of) in ('array', 'object'):
        return Call('json.encode', (tr.node(of),))
    node = tr.node(of)
    return Call('string', (node,)) if is_time(node) else as_text(node)


def set_property(tr, of, key, value):
    """Maps have no way to add a key; a list of all keys makes a new one."""
    k, whole, name = Name('k'), or_value(tr.node(of), Map(())), tr.node(key)
    keys = Method(Binary('+', Method(whole, 'map', (k, k)), List((name,))), 'distinct')
    chosen = Choice(Binary('==', k, name), tr.node(value), Field(whole, k))
    return Method(keys, 'transformMapEntry', (Name('i'), k, Map(((k, chosen),))))


def remove_property(tr, of, key):
    k, v = Name('k'), Name('v')
    return Method(tr.node(of), 'transformMap', (k, v, Binary('!=', k, tr.node(key)), v))


def create_object(tr, *args):
    return Map(tuple((tr.node(args[i]), tr.node(args[i + 1])) for i in range(0, len(args), 2)))


def base64(tr, of):
    return Call('base64.encode', (Call('bytes', (tr.text(of),)),))


def unbase64(tr, of):
    return Call('string', (Call('base64.decode', (tr.text(of),)),))


def call(name, *wanted):
    """A function of the same meaning: its name, and `text` or `value` for each argument."""
    def row(tr, *args):
        return Call(name, tuple(tr.text(arg) if want == 'text' else tr.node(arg)
                                for arg, want in zip(args, wanted)))
    return row


def uri_part(name):
    def row(tr, of):
        return Field(Call('url.parse', (tr.text(of),)), name)
    return row


def extreme(name):
    def row(tr, *args):
        return Call(name, tuple(tr.node(arg) for arg in args))
    return row


def named(get):
    """A function whose argument is the name of an action, variable, parameter or loop."""
    def row(tr, name):
        if not isinstance(name, Constant):
            raise NotUnderstood('a name that is computed')
        return get(tr.scope, name.value)
    return row


FUNCTIONS = {
    # what the run knows
    'body': named(lambda scope, name: scope.body(name)),
    'outputs': named(lambda scope, name: scope.action(name)),
    'actionbody': named(lambda scope, name: scope.body(name)),
    'variables': named(lambda scope, name: scope.variable(name)),
    'parameters': named(lambda scope, name: scope.parameter(name)),
    'items': named(lambda scope, name: scope.item(name)),
    'result': named(lambda scope, name: scope.results(name)),
    'item': lambda tr: tr.scope.item(None),
    'triggerbody': lambda tr: tr.scope.trigger(),
    'triggeroutputs': lambda tr: Map(((Literal('body'), tr.scope.trigger()),)),
    'workflow': lambda tr: tr.scope.workflow_self(),
    # texts
    'concat': lambda tr, *args: Concat(tuple(tr.node(arg) for arg in args)),
    'string': to_string,
    'guid': lambda tr, *form: RUN_ID,
    'replace': text_method('replace'),
    'split': text_method('split'),
    'startswith': text_method('startsWith'),
    'endswith': text_method('endsWith'),
    'indexof': text_method('indexOf'),
    'lastindexof': text_method('lastIndexOf'),
    'tolower': text_method('lowerAscii'),
    'toupper': text_method('upperAscii'),
    'trim': text_method('trim'),
    'substring': substring,
    'encodeuricomponent': call('url.encode', 'text'),
    'uricomponent': call('url.encode', 'text'),
    'decodeuricomponent': call('url.decode', 'text'),
    'uricomponenttostring': call('url.decode', 'text'),
    'urihost': uri_part('host'),
    'base64': base64,
    'base64tostring': unbase64,
    'decodebase64': unbase64,
    # conditions
    'if': lambda tr, *args: Choice(*(tr.node(arg) for arg in args)),
    'equals': equals,
    'not': lambda tr, of: negated(or_value(tr.node(of), NULL)),
    'and': lambda tr, *args: both(*(tr.node(arg) for arg in args)),
    'or': lambda tr, *args: either(*(tr.node(arg) for arg in args)),
    'greater': operator('>'),
    'greaterorequals': operator('>='),
    'less': operator('<'),
    'lessorequals': operator('<='),
    'contains': contains,
    'empty': empty,
    'coalesce': coalesce,
    'bool': call('bool', 'value'),
    # numbers
    'add': operator('+'),
    'sub': operator('-'),
    'mul': operator('*'),
    'div': operator('/'),
    'mod': operator('%'),
    'int': to_int,
    'float': call('double', 'value'),
    'max': extreme('math.greatest'),
    'min': extreme('math.least'),
    # lists and maps
    'length': size,
    'first': end('first'),
    'last': end('last'),
    'take': take,
    'skip': skip,
    'join': join,
    'union': union,
    'intersection': intersection,
    'createarray': lambda tr, *args: List(tuple(tr.node(arg) for arg in args)),
    'array': to_array,
    'createobject': create_object,
    'json': to_json,
    'setproperty': set_property,
    'addproperty': set_property,
    'removeproperty': remove_property,
    # times
    'utcnow': utc_now,
    'adddays': shift('day'),
    'addhours': shift('hour'),
    'addminutes': shift('minute'),
    'addseconds': shift('second'),
    'addtotime': to_time(1),
    'subtractfromtime': to_time(-1),
    'getpasttime': from_now(-1),
    'getfuturetime': from_now(1),
    'formatdatetime': lambda tr, time, form=Constant('o'): formatted(tr, tr.time(time), form),
    'startofday': start_of_day,
    'ticks': ticks,
    'dayofweek': time_part('getDayOfWeek'),
    'dayofmonth': time_part('getDate'),
    'dayofyear': time_part('getDayOfYear', 1),
}
