"""The distinct expressions of the Logic Apps corpus: which of them CEL can say, by function."""
from collections import Counter
from dataclasses import dataclass, field
import json
import re
import subprocess

from . import cel
from .cel import Literal, Map, Name, maybe
from .wdl import Constant, Function, Access, NotUnderstood, parse
from .wdl_cel import Translator

ROOTS = ('steps', 'vars', 'incident', 'config', 'run', 'playbook')
WRONG = re.compile(r'is not a function|expected|there is no `|no such overload|does not take an? ')


class Anywhere:
    """The scope of an expression that stands nowhere: every name is there."""

    def action(self, name):
        return cel.field(Name('steps'), name, 'output')

    def body(self, name):
        return maybe(Name('steps'), name, 'output', 'body')

    def variable(self, name):
        return maybe(Name('vars'), name)

    def parameter(self, name):
        return maybe(Name('config'), name)

    def item(self, name):
        return Name('item')

    def trigger(self):
        return cel.field(Name('incident'), 'raw')

    def results(self, name):
        raise NotUnderstood('result(): needs the scope it names')

    def workflow_self(self):
        return Map(((Literal('name'), cel.field(Name('playbook'), 'id')),))

    def variable_kind(self, name):
        return None

    def known(self, tree):
        return None


def functions(tree):
    if isinstance(tree, Function):
        yield tree.name.lower()
        for part in tree.args:
            yield from functions(part)
    elif isinstance(tree, Access):
        yield from functions(tree.of)
        yield from functions(tree.key)


def is_connection(tree):
    """A reference to a connection becomes the step's connection; it is no value."""
    while isinstance(tree, Access):
        tree = tree.of
    return isinstance(tree, Function) and tree.name.lower() == 'parameters' and \
        tree.args == (Constant('$connections'),)


@dataclass
class Count:
    said: int = 0
    total: int = 0
    connections: int = 0
    reasons: Counter = field(default_factory=Counter)
    by_function: dict = field(default_factory=dict)  # name -> [said, total]
    texts: list = field(default_factory=list)


def counted(path):
    made = Count()
    for line in path.read_text(encoding='utf-8').splitlines():
        source = json.loads(line)['expr']
        names, why, text = set(), None, None
        try:
            tree = parse(source)
            if is_connection(tree):
                made.connections += 1
                continue
            names = set(functions(tree))
            text = cel.text(Translator(Anywhere()).node(tree))
        except NotUnderstood as reason:
            why = str(reason)
            made.reasons[why] += 1
        made.total += 1
        made.said += why is None
        if text is not None:
            made.texts.append((source, text))
        for name in names:
            row = made.by_function.setdefault(name, [0, 0])
            row[0] += why is None
            row[1] += 1
    return made


def refused(quell, texts):
    """Those that quell's CEL does not take: no syntax, no such function, or never of that type."""
    empty = {root: {'t': 'map', 'v': []} for root in ROOTS}
    empty['item'] = {'t': 'string', 'v': 'x'}
    lines = [json.dumps({'id': str(number), 'expr': text, 'bindings': empty})
             for number, (_, text) in enumerate(texts)]
    done = subprocess.run([quell, 'eval', '--jsonl'], input='\n'.join(lines) + '\n',
                          capture_output=True, text=True, check=False)
    made = []
    for line, (source, text) in zip(done.stdout.splitlines(), texts):
        error = json.loads(line).get('error', '')
        if WRONG.search(error):
            made.append((source, text, error))
    if len(done.stdout.splitlines()) != len(texts):
        made.append(('', '', f'quell eval: {done.stderr}'))
    return made


def table(made, columns=4):
    lines = [f'distinct expressions: {made.said} of {made.total} in CEL '
             f'({made.said / made.total:.1%}); {made.connections} more name a connection']
    cells = [f'{name} {said}/{total}' for name, (said, total)
             in sorted(made.by_function.items(), key=lambda one: (-one[1][1], one[0]))]
    for start in range(0, len(cells), columns):
        lines.append('  ' + ''.join(f'{cell:<28}' for cell in cells[start:start + columns]).rstrip())
    lines += [f'  not: {count} x {why}' for why, count in made.reasons.most_common()]
    return '\n'.join(lines)
