"""A quell playbook while it is being made, and its text.

Steps are dicts with quell's keywords in their order; expressions in them are trees of cel.py, and
`id` is the key of the action the step was made of. render() gives the steps their final names and
writes `.?output` and `vars.?x` wherever the step or var may not be there.
"""
from dataclasses import dataclass, field

from . import cel
from .cel import Field, Maybe, Method, Name, Step

VARS = Name('vars')
BARE = {'if', 'for-each', 'while', 'when', 'until'}  # keywords whose value is a bare expression
LISTS = {'steps', 'else', 'on-error'}


def var(name):
    return Field(VARS, name)


def is_var(node):
    return isinstance(node, Field) and node.of == VARS and not node.optional


def output(action, *keys):
    return cel.field(Field(Step(action), 'output'), *keys)


def status(action):
    return Field(Step(action), 'status')


@dataclass
class Playbook:
    id: str
    name: str
    on: dict
    steps: list
    inputs: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    description: str = ''
    timeout: object = None


class Renderer:
    """Steps with trees -> steps with texts, in text order. `certain` holds the steps and vars that
    are certainly there at the current place."""

    def __init__(self, names):
        self.names, self.certain = names, set()

    def settle(self, node):
        """Makes what may be absent optional, and what is read from it too."""
        if isinstance(node, tuple):
            return tuple(self.settle(part) for part in node)
        if not hasattr(node, '__dataclass_fields__'):
            return node
        if is_var(node):
            return node if ('var', node.key) in self.certain else Maybe(Field(VARS, node.key, True))
        if isinstance(node, Field) and isinstance(node.of, Step) and node.key == 'output':
            inside = node.of.at != Name('steps')
            if not inside and ('step', node.of.action) in self.certain:
                return node
            return Maybe(Field(node.of, 'output', True))
        parts = {name: self.settle(getattr(node, name)) for name in node.__dataclass_fields__}
        node = type(node)(**parts)
        if isinstance(node, Field) and isinstance(node.of, Maybe):
            return cel.maybe(node.of, node.key)
        if isinstance(node, Maybe) and isinstance(node.optional, Maybe):
            return node.optional
        if isinstance(node, Method) and isinstance(node.of, Maybe) and node.name == 'orValue':
            return Method(node.of.optional, 'orValue', node.args)
        return node

    def value(self, keyword, node):
        if not hasattr(node, '__dataclass_fields__'):
            return node
        node = self.settle(node)
        if keyword in BARE:
            return bare(cel.text(node, self.names))
        return cel.template(node, self.names)

    def steps(self, steps):
        return [self.step(step) for step in steps]

    def inside(self, steps):
        """A list that may or may not run to its end: nothing in it is certain behind it."""
        before = set(self.certain)
        made = self.steps(steps)
        after, self.certain = self.certain, before
        return made, after

    def step(self, step):
        made, ends = {}, []
        for keyword, value in step.items():
            if keyword == 'id':
                made['id'] = self.names(value)
            elif keyword in LISTS and isinstance(value, list):
                made[keyword], after = self.inside(value)
                ends.append((keyword, after))
            elif keyword == 'parallel':
                made[keyword], ends = self.branches(value)
            elif keyword == 'switch':
                made[keyword] = [self.case(case) for case in value]
            elif keyword == 'set':
                made[keyword] = {name: self.value('', node) for name, node in value.items()}
            elif keyword == 'with' and not value:
                continue
            elif isinstance(value, dict):
                made[keyword] = {key: self.value(key, node) for key, node in value.items()}
            else:
                made[keyword] = self.value(keyword, value)
        self.learn(step, ends)
        return made

    def branches(self, lanes):
        made, ends = {}, []
        for name, steps in lanes.items():
            made[name], after = self.inside(steps)
            ends.append(('parallel', after))
        return made, ends

    def case(self, case):
        made = {}
        for keyword, value in case.items():
            made[keyword] = self.inside(value)[0] if isinstance(value, list) else \
                self.value(keyword, value)
        return made

    def learn(self, step, ends):
        """What is certain behind a step that was gone past."""
        if 'on-error' in step or 'while' in step or 'for-each' in step:
            if 'on-error' not in step and 'if' not in step:
                self.certain.add(('step', step.get('id')))
            return
        if 'if' in step:
            found = dict(ends)
            if 'steps' in found and 'else' in found:
                self.certain |= found['steps'] & found['else']
            return
        for _, after in ends:
            self.certain |= after
        self.certain |= {('var', name) for name in step.get('set', ())}
        self.certain.add(('step', step.get('id')))


def bare(text):
    """A bare expression; YAML takes some first characters for its own."""
    return '${{ ' + text + ' }}' if text[:1] in '!\'"*&%@[{|>`' else text


def parts_of(value):
    """All trees in a list of steps."""
    if isinstance(value, list):
        for part in value:
            yield from parts_of(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from parts_of(part)
    elif hasattr(value, '__dataclass_fields__'):
        yield value


def vars_read(values):
    read = set()
    for tree in values:
        for node in cel.walk(tree):
            if isinstance(node, Field) and (node.of == VARS or
                                            isinstance(node.of, Field) and node.of.key == 'vars'):
                read.add(node.key)
    return read


def without(steps, read):
    """The steps without those that give a name to what nobody reads."""
    made = []
    for step in steps:
        step = dict(step)
        for keyword in LISTS:
            if isinstance(step.get(keyword), list):
                step[keyword] = without(step[keyword], read) or step[keyword]
        for keyword in ('parallel', 'switch'):
            for lane in step.get(keyword, ()):
                prune_lane(step, keyword, lane, read)
        if 'set' in step and not set(step['set']) & read:
            continue
        made.append(step)
    return made


def prune_lane(step, keyword, lane, read):
    where, key = (step[keyword], lane) if keyword == 'parallel' else \
        (lane, 'else' if 'else' in lane else 'steps')
    where[key] = without(where[key], read) or where[key]


def pruned(playbook):
    """Takes out names that nobody reads, until there are none."""
    steps = playbook.steps
    while True:
        read = vars_read(parts_of([steps, playbook.outputs]))
        fewer = without(steps, read)
        if count(fewer) == count(steps):
            return fewer
        steps = fewer


def count(value):
    if isinstance(value, list):
        return sum(map(count, value))
    return ('set' in value) + sum(map(count, value.values())) if isinstance(value, dict) else 0


def document(playbook, names):
    """The playbook as plain data in the order of the language."""
    renderer = Renderer(names)
    made = {'quell': 1, 'playbook': playbook.id, 'name': playbook.name}
    if playbook.description:
        made['description'] = playbook.description
    made['on'] = playbook.on
    if playbook.inputs:
        made['inputs'] = playbook.inputs
    if playbook.timeout:
        made['timeout'] = playbook.timeout
    made['steps'] = renderer.steps(pruned(playbook)) or [{'stop': {'as': 'done'}}]
    if playbook.outputs:
        renderer.certain = set()  # a run may have stopped before
        made['outputs'] = {name: renderer.value('', node)
                           for name, node in playbook.outputs.items()}
    return made
