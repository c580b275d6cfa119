"""Walks through a Logic Apps workflow and through the playbook made of it. Chance decides conditions,
how many items loops have, and which actions fail; both must do the same actions."""
import re

from .effects import EFFECTS, NO_ACTION
from .logic_app import lists_of

SHOWN = (set(EFFECTS) | set(NO_ACTION)) - {'response'}  # actions that are steps of their own
GUARD = re.compile(r"steps\.(\w+)\.status (==|!=) '([\w-]+)'")
WORDS = {'failed': 'failed', 'timedout': 'timed-out', 'succeeded': 'succeeded', 'skipped': 'skipped'}


class Ended(Exception):
    """The run was ended by an action."""


class Failed(Exception):
    """A list of steps came to an end because one failed."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Chance:
    """Decides once for each question, so that both walks get the same answers."""

    def __init__(self, random):
        self.random, self.answers = random, {}

    def ask(self, question, *answers):
        if question not in self.answers:
            self.answers[question] = self.random.choice(answers)
        return self.answers[question]

    def status(self, action, path):
        return self.ask(('status', action, path), *['succeeded'] * 6, 'failed', 'timedout') \
            if not path else 'succeeded'

    def holds(self, action, path):
        return self.ask(('if', action, path), True, False)

    def case(self, action, path, count):
        return self.ask(('switch', action, path), *range(count))

    def items(self, action, path):
        return self.ask(('items', action, path), 0, 1, 2)


def kind(action):
    return action.get('type', '').lower()


class Workflow:
    """The walk through the workflow, as the documentation of `runAfter` has it, but that a time-out
    counts as a failure."""

    def __init__(self, chance):
        self.chance, self.ran = chance, []

    def list(self, actions, path):
        """Runs a list; gives its end."""
        names = {name.lower(): name for name in actions}
        before = {name: {names[other.lower()]: {way.lower() for way in ways}
                         for other, ways in (action.get('runAfter') or {}).items()
                         if other.lower() in names} for name, action in actions.items()}
        ends, left = {}, list(actions)
        while ready := [name for name in left if set(before[name]) <= set(ends)]:
            name = ready[0]
            left.remove(name)
            due = all(ends[other] in ways or ends[other] == 'timedout' and 'failed' in ways
                      for other, ways in before[name].items())
            ends[name] = self.action(name, actions[name], path) if due else 'skipped'
        last = set(actions) - {other for ways in before.values() for other in ways}
        bad = [self.blame(name, ends, before) for name in last]
        return next((end for end in bad if end), 'succeeded')

    def blame(self, name, ends, before):
        """Why an action was not done: the failure behind it, or None."""
        if ends.get(name) in ('failed', 'timedout'):
            return 'failed'
        if ends.get(name) == 'skipped':
            return next(filter(None, (self.blame(other, ends, before) for other in before[name])), None)
        return None

    def action(self, name, action, path):
        own, chance = kind(action), self.chance
        if own in SHOWN:
            self.ran.append((name, path))
            if own == 'terminate':
                raise Ended
            return 'succeeded' if own == 'wait' else chance.status(name, path)
        if own == 'if':
            inner = action.get('actions') if chance.holds(name, path) else \
                (action.get('else') or {}).get('actions')
            return self.list(inner or {}, path)
        if own == 'switch':
            cases = list((action.get('cases') or {}).values()) + [action.get('default') or {}]
            return self.list(cases[chance.case(name, path, len(cases))].get('actions') or {}, path)
        if own in ('foreach', 'until'):
            return self.loop(name, action, path)
        if own == 'scope':
            return self.list(action.get('actions') or {}, path)
        return 'succeeded'

    def loop(self, name, action, path):
        count = self.chance.items(name, path) + (kind(action) == 'until')
        for number in range(count):
            if self.list(action.get('actions') or {}, path + (number,)) != 'succeeded':
                return 'failed'
        return 'succeeded'


class Playbook:
    """The walk through the finished document."""

    def __init__(self, importer, chance):
        self.importer, self.chance, self.ran, self.ends = importer, chance, [], {}
        self.actions = {spelled: key for key, spelled in importer.steps.names.items()}

    def list(self, steps, path):
        for step in steps:
            end = self.step(step, path)
            if 'id' in step:
                self.ends[step['id']] = end
            if end not in ('succeeded', 'skipped') and 'on-error' not in step:
                raise Failed(end)

    def step(self, step, path):
        name = self.actions.get(step.get('id'))
        name = name if isinstance(name, str) else None
        try:
            return self.inside(step, name, path)
        except Failed as why:
            return why.status

    def inside(self, step, name, path):
        if 'for-each' in step or 'while' in step:
            for number in range(self.chance.items(name, path) + ('while' in step)):
                self.list(step['steps'], path + (number,))
        elif 'if' in step:
            return self.condition(step, name, path)
        elif 'switch' in step:
            self.switch(step['switch'], name, path)
        elif 'parallel' in step:
            self.lanes(step['parallel'], path)
        elif 'steps' in step:
            self.list(step['steps'], path)
        elif name is not None:
            self.ran.append((name, path))
            if 'stop' in step or 'fail' in step:
                raise Ended
            return 'succeeded' if 'wait' in step else WORDS[self.chance.status(name, path)]
        return 'succeeded'

    def condition(self, step, name, path):
        if name is None:
            holds = self.guard(step['if'])
        else:
            holds = self.chance.holds(name, path) != (name in self.importer.negated)
        if not holds and 'else' not in step:
            return 'skipped'
        self.list(step['steps'] if holds else step['else'], path)
        return 'succeeded'

    def guard(self, text):
        """`steps.x.status == 'failed' || ...`"""
        found = GUARD.findall(text)
        return any((self.ends.get(step, 'not-run') == word) == (sign == '==')
                   for step, sign, word in found)

    def switch(self, cases, name, path):
        action = self.importer.children[name]
        count = len(action.get('cases') or {}) + 1
        chosen = self.chance.case(name, path, count)
        if chosen < count - 1:
            self.list(cases[chosen]['steps'], path)
        elif 'else' in cases[-1]:
            self.list(cases[-1]['else'], path)

    def lanes(self, lanes, path):
        """All of them come to their end, with `fail-fast: false`."""
        failures = []
        for lane in lanes.values():
            try:
                self.list(lane, path)
            except Failed as why:
                failures.append(why)
        if failures:
            raise failures[0]


def walked(walk, *where):
    try:
        walk.list(*where)
    except (Ended, Failed):
        pass
    return walk.ran


def early(importer, ran):
    """An action that ran before one that it waits for, or None."""
    place = {one: number for number, one in enumerate(ran)}

    def check(actions):
        for name, action in actions.items():
            for other in action.get('runAfter') or {}:
                for (who, path), number in place.items():
                    if who == name and place.get((importer.key(other), path), -1) > number:
                        return name
            for inner in lists_of(action):
                if found := check(inner):
                    return found
        return None
    return check(importer.workflow.actions)


def differs(importer, document, random):
    """Why the walks differ, or None."""
    chance = Chance(random)
    wanted = walked(Workflow(chance), importer.workflow.actions, ())
    got = walked(Playbook(importer, chance), document['steps'], ())
    if sorted(wanted, key=str) != sorted(got, key=str):
        return 'the playbook does other actions than the workflow'
    if early(importer, got):
        return 'the playbook does an action too early'
    return None
