"""The task graph of an XSOAR playbook, and structured programs of it.

A task runs once, when all tasks that may lead to it are done and at least one of them did. A
condition takes the edges of one label; all others take every edge at once. structure() nests the
tasks: each task stands where its immediate dominator is done. A task with several predecessors
follows the construct that leads to it; when it is not reached on every path there, the edges to it
become jumps that set a mark, and the task asks for the marks.
"""
from dataclasses import dataclass, field

DEFAULT = '#default#'
ALWAYS = '#none#'


@dataclass
class Graph:
    start: str
    next: dict                                  # task -> {label: [tasks]}
    choices: set = field(default_factory=set)   # tasks that take the edges of one label

    def edges(self, task):
        return [(task, label, other) for label, others in self.next.get(task, {}).items()
                for other in others]


@dataclass(frozen=True)
class Task:
    id: str


@dataclass(frozen=True)
class Jump:
    """An edge to a task that stands further on, and that asks whether it was taken."""
    edge: tuple


@dataclass(frozen=True)
class Choose:
    """What follows a condition, by label."""
    task: str
    cases: tuple  # of (label, sequence)


@dataclass(frozen=True)
class Together:
    lanes: tuple  # of sequences


@dataclass(frozen=True)
class When:
    """A sequence that runs when one of the edges was taken."""
    edges: tuple
    inner: tuple


class Structurer:
    def __init__(self, graph):
        self.graph = graph
        self.order = topological(graph)
        self.place = {task: number for number, task in enumerate(self.order)}
        self.before = {task: [] for task in self.order}
        for task in self.order:
            for edge in graph.edges(task):
                self.before[edge[2]].append(edge)
        self.parent = self.dominators()
        self.joins = {task: [] for task in self.order}  # tasks that follow a construct
        for task in self.order:
            if len(self.before[task]) > 1:
                self.joins[self.parent[task]].append(task)
        self.reached = {}

    def dominators(self):
        parent = {self.graph.start: None}
        for task in self.order[1:]:
            common = None
            for edge in self.before[task]:
                common = edge[0] if common is None else self.nearest(common, edge[0], parent)
            parent[task] = common
        return parent

    def nearest(self, a, b, parent):
        while a != b:
            if self.place[a] > self.place[b]:
                a = parent[a]
            else:
                b = parent[b]
        return a

    def always(self, task, target):
        """Whether the target runs whenever the task does."""
        key = task, target
        if key not in self.reached:
            if task == target:
                self.reached[key] = True
            elif self.place[task] > self.place[target]:
                self.reached[key] = False
            else:
                sides = [any(self.always(other, target) for other in others)
                         for others in self.graph.next.get(task, {}).values()]
                every = all if task in self.graph.choices else any
                self.reached[key] = bool(sides) and every(sides)
        return self.reached[key]

    def sequence(self, task):
        """The task and all that it dominates."""
        made = [Task(task)]
        targets = self.graph.next.get(task, {})
        if task in self.graph.choices:
            cases = tuple((label, self.lanes(task, label, others))
                          for label, others in targets.items())
            made.append(Choose(task, cases))
        else:
            made += self.lanes(task, ALWAYS, [edge[2] for edge in self.graph.edges(task)])
        for join in self.joins[task]:
            made += self.join(task, join)
        return tuple(made)

    def lanes(self, task, label, others):
        """What one label leads to: one thing after the other where there is only one."""
        lanes, jumps = [], []
        for other in others:
            edge = (task, self.label(task, label, other), other)
            if len(self.before[other]) == 1:
                lanes.append(self.sequence(other))
            elif not self.always(self.parent[other], other):
                jumps.append(Jump(edge))
        if len(lanes) > 1:
            return tuple(jumps) + (Together(tuple(lanes)),)
        return tuple(jumps) + (lanes[0] if lanes else ())

    def label(self, task, label, other):
        if label in self.graph.next[task] and other in self.graph.next[task][label]:
            return label
        return next(edge[1] for edge in self.graph.edges(task) if edge[2] == other)

    def join(self, task, join):
        inner = self.sequence(join)
        if self.always(task, join):
            return inner
        return (When(tuple(self.before[join]), inner),)


def topological(graph):
    """The tasks that can be reached, each behind all that lead to it."""
    order, state = [], {}
    stack = [(graph.start, iter(graph.edges(graph.start)))]
    state[graph.start] = 'open'
    while stack:
        task, edges = stack[-1]
        for edge in edges:
            other = edge[2]
            if state.get(other) == 'open':
                raise ValueError(f'a cycle through task {other}')
            if other not in state:
                state[other] = 'open'
                stack.append((other, iter(graph.edges(other))))
                break
        else:
            state[task] = 'done'
            order.append(task)
            stack.pop()
    return order[::-1]


def structure(graph):
    return Structurer(graph).sequence(graph.start)


# ---- walking ---------------------------------------------------------------------------------------

def run_graph(graph, choose):
    """The tasks that run, in an order that the graph allows. `choose(task)` gives a label."""
    taken, ran = set(), []
    structurer_order = topological(graph)
    for task in structurer_order:
        if task != graph.start and task not in taken:
            continue
        ran.append(task)
        targets = graph.next.get(task, {})
        label = choose(task) if task in graph.choices else None
        for name, others in targets.items():
            if label is None or name == label:
                taken.update(others)
    return ran


def run_structure(sequence, choose):
    """The tasks that the structured program runs, in its order."""
    ran, marks = [], set()

    def run(items):
        for item in items:
            if isinstance(item, Task):
                ran.append(item.id)
            elif isinstance(item, Jump):
                marks.add(item.edge)
            elif isinstance(item, Choose):
                label = choose(item.task)
                for name, inner in item.cases:
                    if name == label:
                        run(inner)
            elif isinstance(item, Together):
                for lane in item.lanes:
                    run(lane)
            elif marks & set(item.edges):
                run(item.inner)
    run(sequence)
    return ran


def order_kept(graph, ran):
    """Whether no task ran before one that leads to it."""
    place = {task: number for number, task in enumerate(ran)}
    return len(place) == len(ran) and all(
        place[task] < place[edge[2]] for task in ran for edge in graph.edges(task) if edge[2] in place)


def same_walk(graph, sequence, choose):
    """Whether both run the same tasks, each once and none too early."""
    wanted, got = run_graph(graph, choose), run_structure(sequence, choose)
    return sorted(wanted) == sorted(got) and order_kept(graph, got)
