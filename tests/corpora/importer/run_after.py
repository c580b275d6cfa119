"""How the actions of one list follow each other: the `runAfter` graph as nested steps.

An action runs when each action that it names has ended in one of the named ways. One predecessor
that must succeed is the order of a list; other ways become `on-error: continue` and an `if` on the
status; several actions behind the same one become `parallel`.
"""
from . import cel
from .cel import Binary, Literal
from .program import status

SUCCEEDED = frozenset(('succeeded',))


class Sequencer:
    def __init__(self, importer, actions):
        self.importer, self.actions = importer, actions
        self.begun = set()  # actions that have a place already
        canonical = {name.lower(): name for name in actions}
        self.before = {name: {canonical[other.lower()]: self.ways(words)
                              for other, words in (action.get('runAfter') or {}).items()
                              if other.lower() in canonical}
                       for name, action in actions.items()}

    def ways(self, words):
        """The ends that an action waits for. One that minds failures minds time-outs too: for quell a
        time-out is a failure, and who leaves it out most likely forgot it."""
        found = {word.lower() for word in words}
        if 'failed' in found and 'timedout' not in found:
            self.importer.ledger.note('runAfter with Failed but not TimedOut: both count')
            found.add('timedout')
        return frozenset(found)

    def steps(self):
        done = set()
        made = self.begin([name for name in self.actions if not self.before[name]], done)
        left = set(self.actions) - done
        if left:
            self.importer.ledger.add('control flow', f'{len(left)} actions of a list are never reached')
        elif self.actions:
            self.importer.ledger.add('control flow')
        return made

    def begin(self, names, done):
        """Starts with these at once, and goes on behind them."""
        if not names:
            return []
        if len(names) == 1:
            return self.chain(names[0], done)
        return self.go_on(self.lanes(names, done), names, done, dict(self.importer.env))

    def lanes(self, names, done):
        """`parallel` with a branch for each; the vars of all branches are there behind it."""
        importer, lanes = self.importer, {}
        before = dict(importer.env)
        after = dict(before)
        self.begun |= set(names)
        for name in names:
            importer.env, own = dict(before), set()
            lanes[name] = self.chain(name, own)
            done |= own
            after.update({key: value for key, value in importer.env.items()
                          if before.get(key) != value})
        importer.env = after
        lanes = {importer.steps.of(('lane', name), name): steps
                 for name, steps in lanes.items() if steps}
        return [{'parallel': lanes, 'fail-fast': False}] if len(lanes) > 1 else list(*lanes.values())

    def ready(self, done):
        return [name for name in self.actions
                if name not in self.begun and self.before[name] and set(self.before[name]) <= done]

    def chain(self, name, done):
        """One action and all that follows it."""
        env = dict(self.importer.env)
        self.begun.add(name)
        steps = self.importer.emit(name, self.actions[name])
        done.add(name)
        return self.go_on(steps, [name], done, env)

    def go_on(self, steps, last, done, env):
        """What follows `steps`, which end with the actions `last`; `env` was before them."""
        recent = env
        while following := self.ready(done):
            ways = {frozenset.intersection(*self.before[name].values()) for name in following}
            if len(ways) > 1:
                return self.split(steps, following, done, env, recent)
            ways = ways.pop()
            if ways != SUCCEEDED and steps:
                steps = self.soft(steps, last[0], ways, env, recent)
                if not ways >= {'succeeded', 'failed', 'timedout'}:
                    return steps + self.guarded(steps[-1], ways, following, done)
            recent = dict(self.importer.env)
            if len(following) > 1:
                steps = steps + self.lanes(following, done)
            else:
                self.begun.add(following[0])
                steps = steps + self.importer.emit(following[0], self.actions[following[0]])
                done.add(following[0])
            last = following
        return steps

    def split(self, steps, following, done, env, recent):
        """Several that wait for different ends of the same action: one of them goes on."""
        minded = frozenset.union(*(ways for name in following for ways in self.before[name].values()))
        steps = self.soft(steps, following[0], minded, env, recent)
        self.begun |= set(following)
        for name in following:
            ways = frozenset.intersection(*self.before[name].values())
            own = set(self.before[name])
            steps = steps + self.guarded(steps_end(steps), ways, [name], own)
            done |= own
        return steps

    def guarded(self, step, ways, names, done):
        """These behind a step, when it ended in one of these ways."""
        before = dict(self.importer.env)
        inner = self.begin(names, done)
        self.importer.soften(before)
        return [{'if': self.condition(step['id'], ways), 'steps': inner}] if inner else []

    def soft(self, steps, name, ways, env, recent):
        """The last step, or all of them when a skipped one counts, may fail without ending the list."""
        if 'skipped' in ways and len(steps) > 1:
            steps = [{'id': self.importer.block_id(name), 'steps': steps}]
        else:
            env = recent
        last = steps[-1]
        if 'if' in last or 'id' not in last or 'on-error' in last:
            last = {'id': self.importer.block_id(name), 'steps': [last]}
        self.importer.soften(env)
        return steps[:-1] + [{**last, 'on-error': 'continue'}]

    def condition(self, action, ways):
        node = status(action)
        if ways == frozenset(('failed', 'skipped', 'timedout')) or ways == frozenset(('failed', 'timedout')):
            return Binary('!=', node, Literal('succeeded'))
        if ways == frozenset(('skipped',)):
            return cel.either(Binary('==', node, Literal('skipped')),
                              Binary('==', node, Literal('failed')))
        words = {'timedout': 'timed-out'}
        return cel.either(*(Binary('==', node, Literal(words.get(way, way))) for way in sorted(ways)))


def steps_end(steps):
    """The last step that has an end of its own to look at."""
    return next(step for step in reversed(steps) if 'on-error' in step)
