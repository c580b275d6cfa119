"""Actions that hold others: If, Switch, Foreach, Until, Scope; and what variables are worth behind
them."""
from . import cel, loops
from .cel import Binary, Choice, Field, Literal, Maybe, Method, NULL, Name, negated, or_value
from .computing import UNKNOWN
from .logic_app import ACTIONS, Importer, LARGEST_LOOP, LARGEST_WHILE, Loop, lists_of
from .loops import Carried, has_carried, outside
from .program import VARS, is_var, output, status
from .wdl import NotUnderstood

LONGEST_EXPRESSION = 14  # nodes; a longer merge gets a name of its own


class Merging(Importer):
    """Importer with the merging of values behind branches and loops."""

    def block_id(self, name):
        """The key of a block that is put around an action."""
        key = ('block', name)
        self.steps.of(key, f'{name} block')
        for loop in self.loops:
            loop.steps.add(key)
        return key

    def branch(self, convert, before):
        """One branch: its steps, and the values at its end."""
        self.env = dict(before)
        self.branches += 1
        steps = convert()
        self.branches -= 1
        return steps, self.env

    def soften(self, before):
        """The values behind steps that may not all have run."""
        for key, value in list(self.env.items()):
            if before.get(key) != value:
                self.env[key] = self.either_value(value, before.get(key, NULL))

    def either_value(self, value, otherwise):
        if not is_var(value):
            return value
        return cel.alternative(Field(VARS, value.key, True), otherwise)

    def merge(self, before, ends):
        """The values behind branches; `ends` is a list of (condition or None, env)."""
        steps, merged = [], dict(before)
        for key in dict.fromkeys(key for _, env in ends for key in env):
            values = [env.get(key, NULL) for _, env in ends]
            made = self.chosen([condition for condition, _ in ends], values, before.get(key, NULL))
            if cel.length(made) > LONGEST_EXPRESSION and not has_carried(made) and not self.in_while() \
                    and before.get(key) != made:
                more, made = self.named(key[1], made)
                steps += more
            merged[key] = made
        self.env = merged
        return steps

    def chosen(self, conditions, values, before):
        """The value of the branch that was taken. A var of a branch that was not is not there."""
        if all(value == values[0] for value in values):
            return values[0]
        changed = [value for value in values if value != before]
        if all(is_var(value) for value in changed):
            made = before
            for value in changed:
                made = cel.alternative(Field(VARS, value.key, True), made)
            return made
        made = values[-1]
        for condition, value in reversed(list(zip(conditions, values))[:-1]):
            made = Choice(condition, value, made)
        return made


# ---- branches --------------------------------------------------------------------------------------

def if_action(importer, name, action):
    condition = importer.condition(action.get('expression'))
    before = dict(importer.env)
    then, env_then = importer.branch(lambda: importer.scope(action.get('actions') or {}), before)
    inner = (action.get('else') or {}).get('actions') or {}
    otherwise, env_else = importer.branch(lambda: importer.scope(inner), before)
    more = importer.merge(before, [(condition, env_then), (None, env_else)])
    if not then and not otherwise:
        return more
    if not then:
        importer.negated.add(name)
        made = {'id': name, 'name': name, 'if': negated(condition), 'steps': otherwise}
    else:
        made = {'id': name, 'name': name, 'if': condition, 'steps': then}
        if otherwise:
            made['else'] = otherwise
    return [made] + more


def switch_action(importer, name, action):
    value = importer.value(action.get('expression'))
    before, cases, ends = dict(importer.env), [], []
    for case in (action.get('cases') or {}).values():
        when = Binary('==', value, importer.value(case.get('case')))
        inner, env = importer.branch(lambda: importer.scope(case.get('actions') or {}), before)
        cases.append({'when': when, 'steps': inner})
        ends.append((when, env))
    inner = (action.get('default') or {}).get('actions') or {}
    rest, env = importer.branch(lambda: importer.scope(inner), before)
    ends.append((None, env))
    more = importer.merge(before, ends)
    if rest:
        cases.append({'else': rest})
    if not any(case.get('steps') or case.get('else') for case in cases):
        return more
    for case in cases:
        if case.get('steps') == []:
            case['steps'] = [{'set': {importer.vars.new(f'{name} nothing'): Literal(True)}}]
    return [{'id': name, 'name': name, 'switch': cases}] + more


def scope_action(importer, name, action):
    inner = importer.scope(action.get('actions') or {})
    return [{'id': name, 'name': name, 'steps': inner}] if inner else []


# ---- loops -----------------------------------------------------------------------------------------

def assigned(actions):
    """The variables that these actions change."""
    found = set()
    for action in actions.values():
        if action.get('type', '').lower() in ('setvariable', 'appendtoarrayvariable',
                                              'appendtostringvariable', 'incrementvariable',
                                              'decrementvariable'):
            found.add(action['inputs']['name'].lower())
        for inner in lists_of(action):
            found |= assigned(inner)
    return found


def body_of(importer, name, action, repeats):
    """The steps of a loop's body, and the values before it and at its end."""
    before = dict(importer.env)
    depth = 1 + sum(not loop.repeats for loop in importer.loops)
    loop = Loop(name, 'item' if depth == 1 else f'item_{depth}', repeats, is_concurrent(action))
    inner = action.get('actions') or {}
    for variable in assigned(inner):
        loop.start[variable] = start_value(importer, variable)
        importer.env['var', variable] = Carried(variable, name)
    importer.loops.append(loop)
    branches, importer.branches = importer.branches, 0
    steps = importer.scope(inner)
    importer.branches = branches
    importer.loops.pop()
    end, importer.env = importer.env, dict(before)
    return loop, steps, before, end


def is_concurrent(action):
    """Logic Apps runs 20 items at a time unless it is told otherwise."""
    given = ((action.get('runtimeConfiguration') or {}).get('concurrency') or {}).get('repetitions')
    return action.get('type', '').lower() == 'foreach' and given != 1 and \
        action.get('operationOptions') != 'Sequential'


def start_value(importer, variable):
    """A variable before a loop; without a value it is empty."""
    value = importer.env.get(('var', variable), NULL)
    if value != NULL:
        return value
    return {'array': cel.EMPTY_LIST, 'string': Literal('')}.get(importer.kinds.get(variable), NULL)


def behind_loop(importer, loop, before, end):
    """What the variables are worth behind the loop; its other values are gone."""
    each = Name('ijklmn'[len(importer.loops) % 6])
    rewrite = lambda node: outside(node, loop.name, each, loop.steps, loop.vars)

    def alone(node):
        """Items at the same time hand each other nothing: each has the value of before."""
        if not loop.concurrent:
            raise NotUnderstood(loops.FOLDED)
        importer.ledger.note('a variable that items running at the same time race for')
        return cel.substitute(node, lambda part: loop.start[part.variable]
                              if isinstance(part, Carried) and part.loop == loop.name else None)
    for key, value in end.items():
        if key[1] in loop.start and key[0] == 'var' and value != Carried(key[1], loop.name):
            kind = importer.kinds.get(key[1])
            start = loop.start[key[1]]
            try:
                made = loops.behind(value, start, Carried(key[1], loop.name), each,
                                    output(loop.name), rewrite, kind, alone)
            except NotUnderstood as why:
                importer.ledger.add('expressions', str(why))
                made = start
            importer.env[key] = made


def name_long(importer, before):
    """Steps that give names to the values that have become long."""
    steps = []
    for key, value in list(importer.env.items()):
        if before.get(key) != value and not has_carried(value) and not importer.in_while() and \
                cel.length(value) > 4:
            more, importer.env[key] = importer.named(key[1], value)
            steps += more
    return steps


def foreach_action(importer, name, action):
    items = or_value(importer.value(action.get('foreach')), cel.EMPTY_LIST)
    loop, steps, before, end = body_of(importer, name, action, False)
    made = {'id': name, 'name': name, 'for-each': items}
    if loop.item != 'item':
        made['as'] = loop.item
    made['max'] = LARGEST_LOOP
    if loop.concurrent:
        made['concurrency'] = 20
    behind_loop(importer, loop, before, end)
    if not steps:
        return only_values(importer, loop, items, before)
    for outer in importer.loops:
        outer.steps.add(name)
    return [{**made, 'steps': steps}] + name_long(importer, before)


def only_values(importer, loop, items, before):
    """A loop without effects is an expression over its items."""
    import_output = output(loop.name)
    each = Name('ijklmn'[len(importer.loops) % 6])

    def change(node):
        if node == import_output:
            return items
        if isinstance(node, Field) and node.of == each and node.key == 'item':
            return each
        return None
    for key, value in list(importer.env.items()):
        if before.get(key) != value:
            importer.env[key] = cel.substitute(value, change)
    return name_long(importer, before)


def inside_value(importer, value):
    """A value of before a loop as the steps in it may read it."""
    computing, importer.computing = importer.computing, False
    try:
        return importer.checked(value)
    except NotUnderstood as why:
        importer.ledger.add('expressions', str(why))
        return UNKNOWN
    finally:
        importer.computing = computing


def until_action(importer, name, action):
    """The values at the end of an iteration get names, by which the next one reads them."""
    loop, steps, before, end = body_of(importer, name, action, True)
    if not steps:
        importer.ledger.note('an Until without effects')
        return []
    changed = {variable: importer.vars.new(variable) for variable in sorted(loop.start)
               if end['var', variable] != Carried(variable, name)}
    loop.vars |= set(changed.values())

    starts = {variable: inside_value(importer, value) for variable, value in loop.start.items()}

    def handed_on(variable):
        if variable not in changed:
            return starts[variable]
        return cel.alternative(Field(VARS, changed[variable], True), starts[variable])

    def carried(node):
        own = isinstance(node, Carried) and node.loop == name
        return handed_on(node.variable) if own else None
    ends = {changed[variable]: cel.substitute(end['var', variable], carried) for variable in changed}
    steps = steps_list(cel.substitute(steps_tuple(steps), carried))
    if ends:  # all at once: each reads what the iteration before handed on
        steps.append({'set': ends})
    importer.env = {key: UNKNOWN if has_carried(value) else value for key, value in end.items()}
    importer.env.update({('var', variable): handed_on(variable) for variable in loop.start})
    goes_on = cel.either(Binary('==', status(first_step(steps)), Literal('not-run')),
                         negated(importer.condition(action.get('expression'))))
    limit = (action.get('limit') or {}).get('count', 60)
    importer.env = dict(before)
    for variable, named in changed.items():
        last = cel.maybe(Maybe(Method(output(name), 'last')), 'vars', named)
        importer.env['var', variable] = cel.alternative(last.optional, loop.start[variable])
    for outer in importer.loops:
        outer.steps.add(name)
    limit = min(limit, LARGEST_WHILE) if isinstance(limit, int) else LARGEST_WHILE
    made = {'id': name, 'name': name, 'while': goes_on, 'max': limit, 'steps': steps}
    return [made] + name_long(importer, before)


def first_step(steps):
    """The first step that tells whether an iteration was done."""
    for step in steps:
        if 'id' in step:
            return step['id']
    return 'step'


def steps_tuple(value):
    """Steps as tuples: substitute() walks these."""
    if isinstance(value, list):
        return ('list',) + tuple(steps_tuple(part) for part in value)
    if isinstance(value, dict):
        return ('dict',) + tuple((key, steps_tuple(part)) for key, part in value.items())
    return value


def steps_list(value):
    if isinstance(value, tuple) and value and value[0] == 'list':
        return [steps_list(part) for part in value[1:]]
    if isinstance(value, tuple) and value and value[0] == 'dict':
        return {key: steps_list(part) for key, part in value[1:]}
    return value


ACTIONS.update({'if': if_action, 'switch': switch_action, 'scope': scope_action,
                'foreach': foreach_action, 'until': until_action})
