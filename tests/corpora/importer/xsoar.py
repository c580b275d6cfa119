"""XSOAR playbooks -> quell: the task graph becomes nested steps, the shared context single assignments.

What `Set` writes becomes a var with a name of its own each time. What commands write is not in the
playbook: a stub's output `context` stands for it, and a path reads those commands before it that are
named like the path, else the nearest ones. What nothing before can have written is read from what came
with the incident.
"""
from dataclasses import dataclass, field, replace
import re

import yaml

from . import cel
from .builtins import BUILTINS, CONDITIONS
from .cel import Binary, Call, Field, List, Literal, Map, Maybe, Method, Name, Present, maybe, negated
from .context import Reader
from .ledger import Ledger
from .manifest import Manifests
from .names import Unique, snake, words
from .program import VARS, Playbook, document, is_var, output, parts_of, status, var
from .paths import split_path
from .task_graph import (ALWAYS, DEFAULT, Choose, Graph, Jump, Task, Together, When, structure)
from .values import NOTHING, Value, is_nothing, many, text
from .wdl import NotUnderstood

UNKNOWN = Call('dyn', (Literal('(not translated)'),))
READING = {'get', 'list', 'search', 'query', 'lookup', 'find', 'check', 'report', 'status', 'ip', 'url',
           'domain', 'file', 'email', 'whois', 'reputation', 'is', 'extract', 'parse', 'read', 'fetch',
           'count', 'exists', 'verify', 'show', 'download', 'poll', 'cve'}
INCIDENT = {'id': 'id', 'name': 'title', 'details': 'description', 'created': 'created_at'}
MOST_WRITERS = 4


class Loader(getattr(yaml, 'CSafeLoader', yaml.SafeLoader)):
    """Dates stay texts."""


Loader.add_constructor('tag:yaml.org,2002:timestamp', Loader.construct_yaml_str)


def load(path):
    with open(path, encoding='utf-8') as file:
        return yaml.load(file, Loader)


def graph_of(playbook):
    tasks = tasks_of(playbook)
    following = {key: {str(label): [str(other) for other in others]
                       for label, others in (task.get('nexttasks') or {}).items()}
                 for key, task in tasks.items()}
    choices = {key for key, task in tasks.items()
               if task['type'] == 'condition' and set(following[key]) - {ALWAYS}}
    return Graph(str(playbook['starttaskid']), following, choices)


def tasks_of(playbook):
    return {str(key): {**task, 'id': str(key)} for key, task in playbook['tasks'].items()}


def arguments_of(task):
    """The arguments of a task; a bare text is a simple value."""
    return {key: data if isinstance(data, (dict, type(None))) else {'simple': data}
            for key, data in (task.get('scriptarguments') or {}).items()}


@dataclass
class Memory:
    """What is known of the context at one place."""
    entries: dict = field(default_factory=dict)  # path as a tuple -> Value
    writers: tuple = ()                          # (step, words of its name), the latest last
    hidden: dict = field(default_factory=dict)   # root -> how many writers do not count any more
    fresh: bool = False                          # nothing of before the playbook is left
    last: object = None                          # the latest step

    def copy(self):
        return replace(self, entries=dict(self.entries), hidden=dict(self.hidden))

    def forget(self, keep=()):
        self.entries = {path: value for path, value in self.entries.items() if path[0] in keep}
        self.writers, self.hidden, self.fresh = (), {}, True

    def remove(self, path):
        self.entries = {other: value for other, value in self.entries.items()
                        if other[:len(path)] != path}
        self.hidden[path[0]] = len(self.writers)


@dataclass(frozen=True)
class Known:
    """A playbook that others may call."""
    id: str
    inputs: dict  # name -> whether it is a list
    outputs: frozenset


def library_of(playbooks):
    """By name what can be called; `playbooks` is a list of (id, playbook)."""
    made = {}
    for name, playbook in playbooks:
        alone = Importer(playbook, Manifests(), Ledger(), name).document()
        inputs = {key: given['type'] == 'list' for key, given in alone.get('inputs', {}).items()}
        outputs = frozenset(snake(root) for root in output_roots(playbook))
        made.setdefault(playbook['name'], Known(name, inputs, outputs))
    return made


def output_roots(playbook):
    for one in playbook.get('outputs') or ():
        root = re.split(r'[.(\[=]', str(one.get('contextPath') or ''))[0].strip()
        if root:
            yield root


class Importer:
    def __init__(self, playbook, manifests, ledger, playbook_id, library=None):
        self.playbook, self.manifests, self.ledger = playbook, manifests, ledger
        self.id, self.library = playbook_id, library or {}
        self.calls = {}  # step -> the playbook that it calls
        self.tasks = tasks_of(playbook)
        self.steps, self.vars = Unique(), Unique(lambda text: snake(text, 'var'))
        self.memory, self.marks, self.labels = Memory(), {}, {}
        self.looped, self.inside = {}, set()  # children in a loop; those whose loop is around
        self.read_inputs = set()
        self.asks = set()  # steps that ask people
        self.negated = set()  # conditions of which only the other branch does something
        self.reader = Reader(self.look)

    # ---- reading the context -----------------------------------------------------------------------

    def look(self, keys):
        root = keys[0]
        if root == 'inputs':
            if len(keys) == 1:
                return Value(Name('inputs'), 'one'), 1
            self.read_inputs.add(snake(keys[1], 'input'))
            return Value(maybe(Name('inputs'), snake(keys[1], 'input')), 'any'), 2
        if root == 'incident' and len(keys) > 1:
            if keys[1] in INCIDENT:
                return Value(maybe(Name('incident'), INCIDENT[keys[1]]), 'any'), 2
            return Value(maybe(Name('incident'), 'raw', keys[1]), 'any'), 2
        if root == 'modules':
            return Value(maybe(Name('config'), 'modules'), 'any'), 1
        if root == 'lastCompletedTaskEntries' and self.memory.last in self.asks:
            return Value(Maybe(Field(cel.Step(self.memory.last), 'output', True)), 'any'), 1
        if root == 'lastCompletedTaskEntries' and self.memory.last:
            return Value(maybe(output(self.memory.last), 'context'), 'any'), 1
        return self.remembered(tuple(keys))

    def remembered(self, keys):
        entries = self.memory.entries
        for length in range(len(keys), 0, -1):
            if keys[:length] in entries:
                return entries[keys[:length]], length
        below = {path[len(keys):]: value.node for path, value in entries.items()
                 if path[:len(keys)] == keys}
        if below:
            return Value(Call('dyn', (nested(below),)), 'one'), len(keys)
        return self.written(keys[0]), 1

    def written(self, root):
        """What the commands before may have written under a root."""
        writers = self.memory.writers[self.memory.hidden.get(root, 0):]
        named = set(words(root))
        writers = [(step, own) for step, own in writers
                   if step not in self.calls or snake(root) in self.calls[step].outputs]
        called = [step for step, _ in writers if step in self.calls]
        alike = [step for step, own in writers if named & own or step in called][-MOST_WRITERS:]
        steps = alike or [step for step, _ in writers[-2:]]
        sources = [self.written_by(step, root) for step in reversed(steps)]
        if not self.memory.fresh and root not in self.memory.hidden:
            sources.append(maybe(Name('incident'), 'raw', root))
        if not sources:
            return NOTHING
        self.ledger.note('reads of the context: the writer has a like name' if alike else
                         'reads of the context: the nearest command' if steps else
                         'reads of the context: what came with the incident')
        return Value(Method(Present(tuple(sources)), 'flatten'), 'many')

    def written_by(self, step, root):
        loop, known = self.looped.get(step), self.calls.get(step)
        keys = (snake(root),) if known else ('context', root)
        if loop is None or step in self.inside:
            return maybe(output(step), *keys)
        one = maybe(Field(cel.Step(step, Field(Name('i'), 'steps')), 'output'), *keys)
        return Maybe(Call('optional.of', (
            Method(Method(output(loop), 'map', (Name('i'), Present((one,)))), 'flatten'),)))

    def counted(self, read):
        """A value or condition; whether it could be said is noted."""
        try:
            made = read()
        except NotUnderstood as why:
            self.ledger.add('expressions', str(why))
            return None
        self.ledger.add('expressions')
        return made

    def source(self, data, iscontext=False):
        """An argument as a value, or None when there is none."""
        if not data:
            return None
        if not isinstance(data, dict):
            data = {'simple': data}
        simple = data.get('simple')
        if 'complex' not in data and not iscontext and '${' not in str(simple or ''):
            return self.reader.source(data)
        made = self.counted(lambda: self.reader.source(data, iscontext))
        return made or Value(UNKNOWN, 'one')

    def node(self, data):
        value = self.source(data)
        return None if value is None else value.node

    def path(self, path):
        made = self.counted(lambda: self.reader.path(path))
        return made or Value(UNKNOWN, 'one')

    def text(self, data):
        value = self.source(data)
        return Literal('') if value is None else text(value)

    # ---- writing it ----------------------------------------------------------------------------------

    def assign(self, path, value, task):
        """A `set` step, and from now on the path means its var."""
        keys = tuple(split_path(path))
        name = self.vars.new('_'.join(keys) or 'value')
        self.memory.remove(keys)
        self.memory.entries[keys] = Value(var(name), value.shape)
        return [{'id': task['id'], 'name': self.title(task), 'set': {name: value.node}}]

    def merge(self, before, ends):
        """The context behind branches of which one was taken."""
        merged = before.copy()
        for end in ends:
            for path, value in end.entries.items():
                if before.entries.get(path) == value:
                    continue
                known = merged.entries.get(path, NOTHING)
                shape = value.shape if is_nothing(known) or known.shape == value.shape else 'any'
                node = cel.alternative(Field(VARS, value.node.key, True), known.node) \
                    if is_var(value.node) else value.node
                if is_nothing(known) and is_var(value.node):
                    node, shape = Maybe(Field(VARS, value.node.key, True)), value.shape
                    node = node if shape != 'many' else Method(node.optional, 'orValue', (List(()),))
                merged.entries[path] = Value(node, shape)
            merged.writers += tuple(one for one in end.writers if one not in merged.writers)
            merged.hidden = {root: count for root, count in merged.hidden.items()}
        merged.fresh = all(end.fresh for end in ends) if ends else before.fresh
        merged.last = ends[-1].last if ends else before.last
        self.memory = merged

    # ---- structure -----------------------------------------------------------------------------------

    def sequence(self, items):
        made = []
        for item in items:
            made += ITEMS[type(item)](self, item)
        return made

    def one(self, item):
        task = self.tasks[item.id]
        if task['type'] in ('start', 'title') or item.id in self.choosing:
            if item.id not in self.choosing:
                self.ledger.add('actions')
            return []
        try:
            steps = self.convert(task)
            self.ledger.add('actions')
        except NotUnderstood as why:
            self.ledger.add('actions', str(why))
            steps = [{'id': task['id'], 'name': self.title(task),
                      'fail': {'reason': Literal(f'not imported: {why}')}}]
        for step in steps:
            if 'id' in step:
                self.memory.last = step['id']
                if task.get('continueonerror'):
                    step['on-error'] = 'continue'
        return steps

    def title(self, task):
        return (task['task'].get('name') or '').strip() or f'task {task["id"]}'

    def branch(self, items, before):
        self.memory = before.copy()
        return self.sequence(items), self.memory

    def choose(self, item):
        """A condition with what follows each of its labels."""
        task = self.tasks[item.task]
        lead, tests = self.tests(task)
        before, ends, made = self.memory, [], []
        cases = dict(item.cases)
        for label, condition in tests:
            label = next((one for one in cases if one.lower() == label.lower()), label)
            steps, end = self.branch(cases.pop(label, ()), before)
            made.append((label, condition, steps))
            ends.append(end)
        label = DEFAULT if DEFAULT in cases else next(iter(cases), None)
        if label is None:
            rest, end = [{'fail': {'reason': Literal(f'no answer holds: {self.title(task)}')}}], None
        else:
            rest, end = self.branch(cases.pop(label), before)
        self.merge(before, ends + ([end] if end else []))
        self.labels[item.task] = [label for label, _, _ in made] + [label]
        return lead + self.fork(task, made, rest)

    def fork(self, task, made, rest):
        if not rest and not any(steps for _, _, steps in made):
            return []
        head = {'id': task['id'], 'name': self.title(task)}
        if len(made) > 1:
            cases = [{'when': condition, 'steps': steps or self.nothing()}
                     for _, condition, steps in made]
            return [{**head, 'switch': cases + ([{'else': rest}] if rest else [])}]
        _, condition, steps = made[0]
        if not steps:
            self.negated.add(task['id'])
            return [{**head, 'if': negated(condition), 'steps': rest}]
        return [{**head, 'if': condition, 'steps': steps, **({'else': rest} if rest else {})}]

    def nothing(self):
        return [{'set': {self.vars.new('nothing'): cel.TRUE}}]

    def tests(self, task):
        """(the steps before a condition, [(label, condition)])"""
        if task.get('conditions'):
            self.ledger.add('actions')
            return [], [(str(one['label']), self.condition(one['condition']))
                        for one in task['conditions']]
        name = task['task'].get('scriptName') or task['task'].get('script')
        labels = [str(label) for label in task.get('nexttasks') or {}]
        if name in CONDITIONS:
            self.ledger.add('actions')
            made = self.counted(lambda: CONDITIONS[name](self, arguments_of(task)))
            yes = next((label for label in labels if label.lower() in ('yes', 'true')), labels[0])
            return [], [(yes, cel.FALSE if made is None else made)]
        self.ledger.add('actions')
        wanted = [label for label in labels if label != DEFAULT]
        if len(wanted) > 1 and DEFAULT not in labels:
            wanted = wanted[:-1]
        if name:
            key = ('asked', task['id'])
            self.steps.of(key, f'{self.title(task)} result')
            lead = self.command({**task, 'id': key})
            answer = maybe(output(key), 'result')
        else:
            key = ('asked', task['id'])
            self.steps.of(key, f'{self.title(task)} answer')
            lead = [self.question(task, key, [label for label in labels if label != DEFAULT])]
            answer = maybe(output(key), 'answer')
        self.memory.last = key
        return lead, [(label, Binary('==', answer, Literal(label))) for label in wanted]

    def condition(self, groups):
        """All groups hold, of each group one line; each line is an expression of its own."""
        made = []
        for group in groups:
            lines = [self.counted(lambda: self.reader.condition([[one]])) for one in group]
            made.append(cel.either(*(cel.FALSE if line is None else line for line in lines)))
        return cel.both(*made)

    def question(self, task, key, labels):
        """A question to people: one of the labels, or the fields of a form."""
        message = task.get('message') or {}
        form = {'answer': {'type': 'enum', 'of': labels, 'required': True}} if labels else \
            {'done': {'type': 'bool', 'required': True}}
        self.asks.add(key)
        asked = self.text(message.get('body')) if message.get('body') else Literal(self.title(task))
        return {'id': key, 'name': self.title(task),
                'ask': {'of': Literal('group:soc'), 'message': asked, 'form': form,
                        'within': Literal('7d'), 'on-timeout': Literal('fail')}}

    def collection(self, task):
        made = self.question(task, task['id'], [])
        form = {}
        names = Unique()
        for question in (task.get('form') or {}).get('questions') or []:
            label = self.text(question.get('labelarg'))
            title = label.value if isinstance(label, Literal) else question.get('id', '')
            name = names.new(title or 'field')
            form[name] = form_field(question)
        made['ask']['form'] = form or made['ask']['form']
        return [made]

    def together(self, item):
        before, after, lanes = self.memory, self.memory.copy(), {}
        names = Unique()
        for lane in item.lanes:
            steps, end = self.branch(lane, before)
            after.entries.update({path: value for path, value in end.entries.items()
                                  if before.entries.get(path) != value})
            after.writers += tuple(one for one in end.writers if one not in after.writers)
            after.last = end.last
            if steps:
                lanes[names.new(self.lane_title(lane))] = steps
        self.memory = after
        if len(lanes) == 1:
            return next(iter(lanes.values()))
        return [{'parallel': lanes}] if lanes else []

    def lane_title(self, lane):
        first = next((item.id for item in lane if isinstance(item, Task)), '')
        return self.title(self.tasks[first]) if first else 'lane'

    def jump(self, item):
        name = self.marks.get(item.edge) or self.vars.new(
            f'to {self.title(self.tasks[item.edge[2]])}')
        self.marks[item.edge] = name
        return [{'set': {name: cel.TRUE}}]

    def when(self, item):
        marks = [self.marks[edge] for edge in item.edges if edge in self.marks]
        before = self.memory
        steps, end = self.branch(item.inner, before)
        self.merge(before, [before, end])
        if not steps:
            return []
        asked = cel.either(*(Method(Field(VARS, name, True), 'orValue', (cel.FALSE,))
                             for name in marks))
        return [{'if': asked, 'steps': steps}]

    # ---- tasks ---------------------------------------------------------------------------------------

    def convert(self, task):
        if task['type'] == 'playbook':
            return self.child(task)
        if task['type'] == 'collection':
            return self.collection(task)
        name = task['task'].get('scriptName') or task['task'].get('script') or ''
        name = name.split('|||')[-1]
        if not name:
            return [self.question(task, task['id'], [])]
        if name in BUILTINS:
            return BUILTINS[name](self, task, arguments_of(task))
        return self.command(task)

    def arguments(self, task):
        made = {}
        for key, data in arguments_of(task).items():
            node = self.node(data)
            if node is not None:
                made[snake(key, 'argument')] = node
        return made

    def command(self, task):
        script = task['task'].get('scriptName') or task['task'].get('script') or 'manual'
        brand, _, name = script.rpartition('|||')
        arguments = self.arguments(task)
        effect = 'reads' if set(words(name)) & READING else 'changes'
        self.wrote(task['id'], f'{brand} {name}')
        if not brand:  # commands begin with their product: `wildfire-report`
            brand, _, rest = name.partition('-')
            brand, name = (brand, rest) if rest else ('xsoar', name)
        uses = self.manifests.action(brand, name, arguments, effect,
                                     {'context': 'any', 'result': 'string'})
        return [{'id': task['id'], 'name': self.title(task), 'uses': uses, 'with': arguments}]

    def wrote(self, step, name):
        self.memory.writers += ((step, frozenset(words(name))),)

    def child(self, task):
        """Another playbook, as a call when it is there, else as an action of its name."""
        name = task['task'].get('playbookName') or task['task'].get('playbookId') or 'playbook'
        step = {'id': task['id'], 'name': self.title(task)}
        known = self.library.get(name)
        if known:
            self.calls[task['id']] = known
            step.update({'call': known.id, 'with': self.given(task, known)})
        else:
            arguments = self.arguments(task)
            uses = self.manifests.action('playbooks', f'run {name}', arguments, 'changes',
                                         {'context': 'any'})
            step.update({'uses': uses, 'with': arguments})
        self.wrote(task['id'], name)
        loop = task.get('loop') or {}
        if loop.get('builtincondition'):
            return [self.repeated(task, step, loop)]
        return [step]

    def given(self, task, known):
        """The inputs of a called playbook; XSOAR's have no types, ours are lists or texts."""
        made = {}
        for key, data in arguments_of(task).items():
            name, value = snake(key, 'input'), self.source(data)
            if value is None or name not in known.inputs:
                continue
            if known.inputs[name]:
                made[name] = many(value)
            else:
                made[name] = value.node if value.shape == 'one' else text(value)
        return made

    def repeated(self, task, step, loop):
        """A loop around a child: it runs until its exit condition holds."""
        key = ('loop', task['id'])
        self.looped[task['id']] = key
        self.inside.add(task['id'])
        done = self.condition(loop['builtincondition'])
        self.inside.discard(task['id'])
        self.steps.of(key, f'{self.title(task)} loop')
        again = cel.either(Binary('==', status(task['id']), Literal('not-run')), negated(done))
        inner = [step]
        if loop.get('wait', 1) > 1:
            inner.append({'wait': f'{loop["wait"]}s'})
        return {'id': key, 'while': again, 'max': min(int(loop.get('max') or 100), 100),
                'steps': inner}

    def document(self):
        """The playbook as plain data."""
        self.graph = graph_of(self.playbook)
        self.choosing = self.graph.choices
        self.structure = structure(self.graph)
        steps = self.sequence(self.structure)
        outputs = self.outputs()
        made = Playbook(self.id, self.playbook.get('name') or self.id, {'manual': None, 'call': None}, steps,
                        self.inputs(steps), outputs, timeout='30d' if self.asks else None)
        self.made = document(made, lambda key: self.steps.of(key, self.step_name(key)))
        return self.made

    def step_name(self, key):
        return self.title(self.tasks[key]) if key in self.tasks else str(key)

    def inputs(self, steps):
        made, lists = {}, looked_into(steps)
        for one in self.playbook.get('inputs') or []:
            if not one.get('key'):
                continue
            name = snake(one['key'], 'input')
            made[name] = {'type': 'list' if name in lists else 'string'}
            given = one.get('value')
            given = given if isinstance(given, dict) else {'simple': given}
            simple = given.get('simple')
            if 'complex' in given:
                made[name] = {'type': 'list'}
            elif name not in lists and isinstance(simple, str) and simple and '${' not in simple:
                made[name]['default'] = simple
            if one.get('description'):
                made[name]['description'] = ' '.join(one['description'].split())
        for name in sorted(self.read_inputs - set(made)):
            made[name] = {'type': 'string', 'description': 'Read, but not declared.'}
        return made

    def outputs(self):
        made = {}
        for root in output_roots(self.playbook):
            if snake(root) not in made:
                value, _ = self.look([root])
                made[snake(root)] = List(()) if is_nothing(value) else value.node
        return made


def looked_into(steps):
    """The inputs whose items have fields of their own."""
    found = set()
    for tree in parts_of(steps):
        for node in cel.walk(tree):
            if isinstance(node, Method) and node.name in ('map', 'filter') and \
                    any(isinstance(part, Field) and part.of == Name('v') for part in cel.walk(node.args)):
                found |= {part.key for part in cel.walk(node.of)
                          if isinstance(part, Field) and part.of == Name('inputs')}
    return found


def nested(entries):
    """Paths and their nodes as maps in maps."""
    inner = {}
    for path, node in entries.items():
        inner.setdefault(path[0], {})[path[1:]] = node
    return Map(tuple((Literal(key), parts[()] if () in parts else nested(parts))
                     for key, parts in inner.items()))


def form_field(question):
    kinds = {'singleSelect': 'enum', 'multiSelect': 'list', 'number': 'int', 'date': 'timestamp'}
    kind = kinds.get(question.get('type'), 'text')
    options = [str(option) for option in question.get('options') or []]
    if kind == 'enum' and options:
        return {'type': 'enum', 'of': options}
    return {'type': 'text' if kind in ('enum', 'list', 'timestamp') else kind}


ITEMS = {Task: Importer.one, Choose: Importer.choose, Together: Importer.together,
         Jump: Importer.jump, When: Importer.when}
