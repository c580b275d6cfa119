"""Walks through an imported playbook, with chance deciding what the run would know, and compares it
with a walk through what it was made of: the same tasks, none before one that leads to it."""
import re

from .task_graph import order_kept, run_graph, run_structure

MARK = re.compile(r'vars\.\?(\w+)\.orValue\(false\)')


class PlaybookWalk:
    """Walks the finished document of an XSOAR playbook. `choose(task)` gives a label."""

    def __init__(self, importer, choose):
        self.importer, self.choose = importer, choose
        self.tasks = {importer.steps.names[key]: key for key in importer.steps.names}
        self.ran, self.marks = [], set()

    def task_of(self, step):
        key = self.tasks.get(step.get('id'))
        return key[1] if isinstance(key, tuple) else key

    def steps(self, steps):
        for step in steps:
            self.step(step)

    def step(self, step):
        task = self.task_of(step)
        labels = self.importer.labels.get(task)
        if 'switch' in step:
            self.switch(step, labels, self.choose(task))
        elif 'parallel' in step:
            for lane in step['parallel'].values():
                self.steps(lane)
        elif 'while' in step:
            self.steps(step['steps'])
        elif 'if' in step and labels:
            holds = labels[0] == self.choose(task)
            self.branch(step, holds != (task in self.importer.negated))
        elif 'if' in step and task is None:
            if self.marks & set(MARK.findall(step['if'])):
                self.steps(step['steps'])
        elif task is not None:
            self.ran.append(task)
        self.marks |= set(step.get('set') or ())

    def branch(self, step, holds):
        self.steps(step.get('steps' if holds else 'else') or [])

    def switch(self, step, labels, label):
        for number, case in enumerate(step['switch']):
            if 'else' in case:
                self.steps(case['else'])
                return
            if labels[number] == label:
                self.steps(case['steps'])
                return


def xsoar_differs(importer, chance):
    """Why the walks differ, or None."""
    graph, picked = importer.graph, {}

    def choose(task):
        if task not in picked:
            picked[task] = chance.choice(sorted(graph.next[task]))
        return picked[task]
    wanted = run_graph(graph, choose)
    got = run_structure(importer.structure, choose)
    if sorted(wanted) != sorted(got):
        return 'the structure runs other tasks than the graph'
    if not order_kept(graph, got):
        return 'the structure runs a task too early'
    walk = PlaybookWalk(importer, choose)
    walk.steps(importer.made['steps'])
    shown = set(ids_of(importer, importer.made['steps']))
    if sorted(set(walk.ran)) != sorted(set(wanted) & shown):
        return 'the playbook runs other tasks than the graph'
    if not order_kept(graph, list(dict.fromkeys(walk.ran))):
        return 'the playbook runs a task too early'
    return None


def ids_of(importer, steps):
    """The tasks that have a step of their own."""
    walk = PlaybookWalk(importer, None)
    for step in every(steps):
        task = walk.task_of(step)
        if task is not None and task not in importer.labels or \
                task is not None and not {'if', 'switch'} & set(step):
            yield task


def every(steps):
    """All steps of a list, those inside others too."""
    for step in steps:
        yield step
        for keyword in ('steps', 'else', 'on-error'):
            if isinstance(step.get(keyword), list):
                yield from every(step[keyword])
        for lane in (step.get('parallel') or {}).values():
            yield from every(lane)
        for case in step.get('switch') or ():
            yield from every(case.get('steps') or case.get('else') or [])
