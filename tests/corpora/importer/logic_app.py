"""Logic Apps -> quell: the actions of one workflow, with single assignment for its variables.

Actions that only compute (Compose, ParseJson, Select, SetVariable ...) become `set` or nothing at
all; `self.env` says what each variable and each such action is worth at the current place. All other
actions become steps. How they follow each other is run_after.py's affair.
"""
from dataclasses import dataclass, field
import re

from . import cel, loops
from .arm import DeploymentScope, is_deployed, parsed
from .cel import Binary, Concat, EMPTY_LIST, Field, Item, List, Literal, Map, NULL, Name, negated
from .computing import COMPUTING, UNKNOWN, VALUES
from .effects import EFFECTS, NO_ACTION
from .given import Given, GivenTranslator
from .loops import Carried, has_carried
from .names import Unique, snake
from .program import Playbook, is_var, output, status, var
from .run_after import Sequencer
from .triggers import INCIDENT, field_of_trigger, on_trigger, outputs_path, trigger_path
from .wdl import Function, NotUnderstood
from .wdl_cel import Translator

LARGEST_LOOP, LARGEST_WHILE = 1000, 100
ACTIONS = {**COMPUTING, **EFFECTS}  # control.py adds those that hold others


@dataclass
class Loop:
    name: str
    item: str
    repeats: bool
    concurrent: bool = False
    start: dict = field(default_factory=dict)  # what its variables are worth before it
    steps: set = field(default_factory=set)  # actions that became steps in it
    vars: set = field(default_factory=set)   # vars that are set in it


class Importer:
    def __init__(self, workflow, manifests, ledger, playbook_id):
        self.workflow, self.manifests, self.ledger = workflow, manifests, ledger
        self.id = playbook_id
        self.steps, self.vars = Unique(), Unique(lambda text: snake(text, 'var'))
        self.env, self.kinds, self.loops, self.outputs = {}, {}, [], {}
        self.branches = 0  # how many conditions stand around
        self.computing = False
        self.children = {}
        self.canonical = {}
        self.negated = set()  # conditions of which only `else` does something
        self.translator = Translator(self)
        self.deployment = Translator(DeploymentScope(workflow, lambda value: self.deployed(value)))

    # ---- the scope of expressions (wdl_cel.Translator) ----------------------------------------

    def key(self, name):
        return self.canonical.get(name.replace(' ', '_').lower(), name)

    def action(self, name):
        name = self.key(name)
        if ('action', name) in self.env:
            return self.data(name)
        return NULL if self.is_data(name) else output(name)

    def data(self, name):
        return self.checked(self.env['action', name])

    def is_data(self, name):
        """Whether an action only computes: where it has no value here, it was not done."""
        return str(self.kind_of(name)).lower() in VALUES

    def kind_of(self, name):
        return (self.children.get(name) or {}).get('type')

    def body(self, name):
        name = self.key(name)
        if ('action', name) in self.env:
            return self.data(name)
        if self.is_data(name):
            return NULL
        return output(name, 'json' if self.kind_of(name) == 'Http' else 'body')

    def known(self, tree):
        """Trees that mean something as a whole."""
        path = trigger_path(tree)
        if path in INCIDENT and self.on_incident():
            return INCIDENT[path]
        action = outputs_path(tree)
        return self.output_part(*action) if action else None

    def output_part(self, name, keys):
        """`outputs('x')['body']` and its kin."""
        name = self.key(name)
        if ('action', name) in self.env:
            return cel.maybe(self.data(name), *(keys[1:] if keys[0] == 'body' else keys))
        if keys[0].lower() == 'body':
            made = self.body(name)
        elif keys[0].lower() in ('statuscode', 'headers'):
            made = output(name, {'statuscode': 'status'}.get(keys[0].lower(), 'headers'))
        else:
            return NULL  # an answer has a status, headers and a body
        return cel.maybe(made, *keys[1:]) if keys[1:] else made

    def variable(self, name):
        value = self.env.get(('var', name.lower()), NULL)
        return self.checked(value)

    def checked(self, value):
        """Only what computes may read what an iteration hands to the next. Items that run at the
        same time hand each other nothing that could be relied on: each has the value of before."""
        if self.computing or not has_carried(value):
            return value

        def alone(part):
            if not isinstance(part, Carried):
                return None
            loop = self.loop(part.loop)
            if loop and loop.repeats:
                return part
            if loop is None or not loop.concurrent:
                raise NotUnderstood(loops.CARRIED)
            self.ledger.note('a variable that items running at the same time race for')
            return self.checked(loop.start.get(part.variable, NULL))
        return cel.substitute(value, alone)

    def loop(self, name):
        return next((loop for loop in self.loops if loop.name == name), None)

    def variable_kind(self, name):
        return self.kinds.get(name.lower())

    def parameter(self, name):
        if name == '$connections':
            raise NotUnderstood('a connection is no value')
        return cel.maybe(Name('config'), snake(name))

    def item(self, name):
        if name is None and self.macros:
            return self.macros[-1]
        for loop in reversed(self.loops):
            if not loop.repeats and (name is None or loop.name.lower() == self.key(name).lower()):
                return Item(loop.name, loop.item)
        if name is None and self.macros_allowed:
            return Name('item')
        raise NotUnderstood(f'no loop `{name}` around')

    macros = ()
    macros_allowed = False

    def results(self, name):
        """What result() gives: the actions of a scope with their ends."""
        scope = self.children.get(self.key(name))
        if not scope:
            raise NotUnderstood(f'result() of `{name}`, which is no scope')
        rows = []
        for action in scope.get('actions') or {}:
            if ('action', action) in self.env or action not in self.steps.names:
                continue
            error = cel.maybe(Field(cel.Step(action), 'error', True))
            rows.append(Map(((Literal('name'), Literal(action)), (Literal('status'), status(action)),
                             (Literal('error'), error))))
        return List(tuple(rows))

    def trigger(self):
        return field_of_trigger(self.trigger_kind())

    def trigger_kind(self):
        for trigger in self.workflow.triggers.values():
            path = str((trigger.get('inputs') or {}).get('path', ''))
            if trigger.get('type') == 'ApiConnectionWebhook':
                return 'incident' if 'incident' in path.lower() else 'alert'
            return {'Recurrence': 'schedule', 'Http': 'schedule'}.get(trigger.get('type'), 'webhook')
        return 'webhook'

    def on_incident(self):
        return self.trigger_kind() == 'incident'

    def workflow_self(self):
        return Map(((Literal('name'), cel.field(Name('playbook'), 'id')),
                    (Literal('run'), Map(((Literal('name'), cel.field(Name('run'), 'id')),)))))

    # ---- values ----------------------------------------------------------------------------------

    def value(self, data):
        """A JSON value; each expression in it is noted in the ledger."""
        if isinstance(data, dict):
            return Map(tuple((self.value(key), self.value(part)) for key, part in data.items()))
        if isinstance(data, list):
            return List(tuple(self.value(part) for part in data))
        if not isinstance(data, str) or ('@' not in data and not is_deployed(data)):
            return Literal(data)
        try:
            made = self.deployed(data) if is_deployed(data) else self.translator.string(data)
        except NotUnderstood as why:
            self.ledger.add('expressions', str(why))
            return UNKNOWN
        if made != Literal(data):
            self.ledger.add('expressions')
        return made

    def deployed(self, text):
        """A text of deployment time; the literals it leaves are texts of the workflow."""
        if isinstance(text, (dict, list)):
            raise NotUnderstood('a template variable that is no text')
        if not is_deployed(text):
            return self.translator.string(text) if isinstance(text, str) else Literal(text)
        made = self.deployment.node(parsed(text))
        parts = made.parts if isinstance(made, Concat) else (made,)
        read = tuple(self.translator.string(part.value)
                     if isinstance(part, Literal) and isinstance(part.value, str) else part
                     for part in parts)
        return Concat(read) if isinstance(made, Concat) else read[0]

    def condition(self, data):
        """The expression of an If or Until: a text, or operators as JSON."""
        if isinstance(data, str):
            return self.value(data if data.startswith('@') else '@' + data)
        if isinstance(data, bool):
            return Literal(data)
        made = []
        for name, args in (data or {}).items():
            made.append(self.operator(name.lower(), args))
        return cel.both(*made)

    def operator(self, name, args):
        if name in ('and', 'or'):
            join = cel.both if name == 'and' else cel.either
            return join(*(self.condition(part) for part in args))
        if name == 'not':
            return negated(self.condition(args[0] if isinstance(args, list) else args))
        nodes = [self.value(arg) for arg in args]
        if UNKNOWN in nodes:
            return Binary('==', UNKNOWN, UNKNOWN)
        tree = Function(name, tuple(Given(node, self.given_kind(arg))
                                    for node, arg in zip(nodes, args)))
        return GivenTranslator(self).call(tree)

    def given_kind(self, data):
        if not isinstance(data, str):
            return 'integer' if isinstance(data, int) else None
        name = re.fullmatch(r"@variables\('([^']*)'\)", data)
        return self.variable_kind(name.group(1)) if name else (None if data[:1] == '@' else 'string')

    # ---- names for values --------------------------------------------------------------------------

    def in_while(self):
        return any(loop.repeats for loop in self.loops)

    def named(self, text, node):
        """Steps that give a value a name, and the node to read it by."""
        if has_carried(node) or self.in_while() or is_var(node) or \
                not self.branches and isinstance(node, Literal) and len(str(node.value)) < 40 or \
                node == EMPTY_LIST:
            return [], node
        name = self.vars.new(text)
        if self.loops:
            self.loops[-1].vars.add(name)
        return [{'set': {name: node}}], var(name)

    def assign(self, variable, node):
        steps, read = self.named(variable, node)
        self.env['var', variable.lower()] = read
        return steps

    # ---- actions -------------------------------------------------------------------------------

    def emit(self, name, action):
        """The steps of one action."""
        kind = action.get('type', '')
        convert = ACTIONS.get(kind.lower())
        if convert is None:
            self.ledger.add('actions', f'{kind}: {NO_ACTION.get(kind.lower(), "unknown")}')
            use = self.manifests.action('scripts', f'run {name}', (), 'reads')
            return [{'id': name, 'name': name, 'uses': use}]
        steps = convert(self, name, action)
        self.ledger.add('actions')
        if steps and 'id' in steps[-1]:
            for loop in self.loops:
                loop.steps.add(name)
        return steps

    def compute(self, name, node):
        steps, read = self.named(name, node)
        self.env['action', name] = read
        return steps

    def scope(self, actions):
        return Sequencer(self, actions).steps()

    def playbook(self):
        self.index(self.workflow.actions)
        kind = self.trigger_kind()
        steps = self.scope(self.workflow.actions)
        title = self.id.replace('-', ' ')
        on, inputs = on_trigger(self, kind)
        made = Playbook(self.id, title[:1].upper() + title[1:], on, steps, inputs, self.outputs)
        return made, lambda action: self.steps.of(action)

    def index(self, actions):
        """All actions by name: names are unique in a workflow, and compared without case."""
        for name, action in actions.items():
            self.children[name] = action
            self.canonical[name.replace(' ', '_').lower()] = name
            for inner in lists_of(action):
                self.index(inner)


def lists_of(action):
    """The lists of actions inside an action."""
    yield from (part for part in (action.get('actions'),
                                  (action.get('else') or {}).get('actions'),
                                  (action.get('default') or {}).get('actions')) if part)
    for case in (action.get('cases') or {}).values():
        yield case.get('actions') or {}
