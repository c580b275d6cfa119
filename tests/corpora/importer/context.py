"""What XSOAR's tasks say of the context, read as CEL: paths, filters, conditions, transformers."""
import re

from . import js
from .cel import Concat, Literal, Method, both, either, maybe
from .operators import OPERATORS
from .paths import is_key, pieces_of, split_path
from .transformers import TRANSFORMERS
from .values import NOTHING, V, Value, X, literal, many, navigate, open_items, text
from .wdl import NotUnderstood


class Reader:
    """Reads what tasks say. `look(keys)` gives the value of a context path, and how many of its keys
    that takes."""

    def __init__(self, look):
        self.look = look

    def path(self, path):
        parts = split_path(path)
        if not parts:
            raise NotUnderstood('an empty path')
        if not is_key(parts[0]):
            if parts[0].startswith('='):
                return self.script(parts[0][1:], None)
            raise NotUnderstood('a path that begins with a script')
        keys = []
        for part in parts:
            if not is_key(part):
                break
            keys.append(part)
        value, used = self.look(keys)
        return self.follow(value, parts[used:])

    def follow(self, value, parts):
        for part in parts:
            if part.startswith('('):
                condition = js.truth(js.translate(part[1:-1], V))
                value = Value(Method(open_items(value), 'filter', (V, condition)), 'many')
            elif part.startswith('='):
                value = self.script(part[1:], value)
            else:
                value = navigate(value, [part])
        return value

    def script(self, source, value):
        """`.=...`: the script makes the value; val is what stands before, or the whole context."""
        if value is None:
            return Value(self.of_context(source), 'any')
        made = js.translate(source, X)
        return Value(Method(many(value), 'map', (X, made)), 'many')

    def of_context(self, source):
        """A script about the whole context: every `val.a.b` in it is a path."""
        def path(keys):
            if not keys:
                raise NotUnderstood('a script over the whole context')
            value, used = self.look(keys)
            return navigate(value, keys[used:]).node
        return js.translate(source, path)

    # ---- sources ---------------------------------------------------------------------------------

    def source(self, data, iscontext=False):
        """{simple: ...} or {complex: ...} as a value; None when nothing is given."""
        if not data:
            return None
        if 'complex' in data:
            return self.complex(data['complex'])
        if 'simple' not in data or data['simple'] is None:
            return None
        simple = data['simple']
        if not isinstance(simple, str):
            return literal(simple)
        if iscontext and '${' not in simple:
            return self.path(simple)
        return self.simple(simple)

    def simple(self, text_):
        pieces = pieces_of(text_)
        if len(pieces) == 1 and pieces[0][0]:
            return self.path(pieces[0][1])
        if not any(code for code, _ in pieces):
            return literal(text_)
        return Value(Concat(tuple(text(self.path(part)) if code else Literal(part)
                                  for code, part in pieces)), 'one')

    def complex(self, data):
        root = data['root'].strip()
        found = re.fullmatch(r'\$\{(.*)\}?', root.rstrip('}'))
        root = found.group(1) if found else root
        accessor = (data.get('accessor') or '').strip().rstrip('}')
        if not data.get('filters') and accessor and is_key(accessor):
            root, accessor = f'{root}.{accessor}', ''
        value = self.path(root)
        for group in data.get('filters') or []:
            condition = either(*(self.filter(one, root) for one in group))
            value = Value(Method(open_items(value), 'filter', (V, condition)), 'many')
        if accessor:
            value = self.follow(value, split_path(accessor))
        for transformer in data.get('transformers') or []:
            value = self.transform(value, transformer)
        return value

    def filter(self, one, root):
        left = one['left']
        path = left['value'].get('simple')
        if left.get('iscontext') and isinstance(path, str):
            path = re.sub(r'^\$\{(.*)\}$', r'\1', path).strip()
            if path == root or path.startswith(root + '.') or path.startswith(root + '('):
                parts = split_path(path)[len(split_path(root)):]
                inner = self.follow(Value(V, 'any'), parts) if parts else Value(V, 'any')
                if len(parts) == 1 and is_key(parts[0]):
                    inner = Value(maybe(V, parts[0]), 'any')
                return self.compare(one, inner)
        return self.compare(one, self.source(left['value'], left.get('iscontext')))

    # ---- conditions ------------------------------------------------------------------------------

    def condition(self, groups):
        """A list of groups: all of them must hold, of each group one."""
        return both(*(either(*(self.compare(one, self.source(one['left']['value'],
                                                             one['left'].get('iscontext')))
                               for one in group)) for group in groups))

    def compare(self, one, left):
        operator = one['operator'].split('.')[-1]
        right = one.get('right')
        right = self.source(right['value'], right.get('iscontext')) if right else None
        row = OPERATORS.get(operator)
        if row is None:
            raise NotUnderstood(f'the operator {operator}')
        return row(left or NOTHING, right or NOTHING, bool(one.get('ignorecase')))

    def transform(self, value, transformer):
        name = transformer['operator'].split('.')[-1]
        row = TRANSFORMERS.get(name)
        if row is None:
            raise NotUnderstood(f'the transformer {name}')
        args = {}
        for key, arg in (transformer.get('args') or {}).items():
            if arg and arg.get('value'):
                args[key] = self.source(arg['value'], arg.get('iscontext'))
        return row(value, {key: arg for key, arg in args.items() if arg is not None}, self)
