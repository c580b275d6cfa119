"""Graphs as nested steps: every walk must run the same tasks."""
import itertools
import random
import unittest

from importer.task_graph import (Choose, Graph, Together, When, run_structure, same_walk, structure,
                                 topological)


def graph(text, choices=''):
    """`a>b,c` takes both, `a>yes:b,no:c` one of them."""
    following = {}
    for line in text.split():
        task, _, targets = line.partition('>')
        labels = following.setdefault(task, {})
        for target in filter(None, targets.split(',')):
            label, _, other = target.rpartition(':')
            labels.setdefault(label or '#none#', []).append(other)
            following.setdefault(other, {})
    return Graph(next(iter(following)), following, set(choices.split()))


def kinds(sequence):
    for item in sequence:
        yield type(item)
        for inner in getattr(item, 'lanes', ()) or (getattr(item, 'inner', ()),):
            yield from kinds(inner)
        for _, inner in getattr(item, 'cases', ()):
            yield from kinds(inner)


class Structures(unittest.TestCase):
    def same(self, made):
        """All choices, one after the other."""
        tasks = sorted(made.choices)
        for labels in itertools.product(*(sorted(made.next[task]) for task in tasks)):
            picked = dict(zip(tasks, labels))
            self.assertTrue(same_walk(made, structure(made), picked.get), picked)

    def test_list(self):
        made = graph('a>b b>c')
        self.same(made)
        self.assertEqual(run_structure(structure(made), None), ['a', 'b', 'c'])

    def test_diamond_is_a_choice_and_no_mark(self):
        made = graph('a>yes:b,no:c b>d c>d', 'a')
        self.same(made)
        self.assertNotIn(When, list(kinds(structure(made))))

    def test_fork_is_parallel(self):
        made = graph('a>b,c b>d c>d d>e')
        self.same(made)
        self.assertIn(Together, list(kinds(structure(made))))

    def test_shared_tail_asks_for_its_mark(self):
        made = graph('a>yes:b,no:c b>yes:d,no:e c>d e>f', 'a b')
        self.same(made)
        self.assertIn(When, list(kinds(structure(made))))

    def test_branch_that_ends(self):
        self.same(graph('a>yes:b,no:c b>d c>yes:d,no:e d>f', 'a c'))

    def test_fork_inside_choice(self):
        self.same(graph('a>yes:b,no:e b>c,d c>f d>f f>g e>g', 'a'))

    def test_choice_inside_fork(self):
        self.same(graph('a>b,c b>yes:d,no:e d>f e>f c>f f>g', 'b'))

    def test_join_that_needs_one_of_a_fork(self):
        self.same(graph('a>b,c b>yes:d,no:e c>yes:d,no:e d>f e>f', 'b c'))

    def test_cycle_is_refused(self):
        with self.assertRaises(ValueError):
            topological(graph('a>b b>a'))

    def test_random_graphs(self):
        for seed in range(300):
            chance = random.Random(seed)
            size = chance.randint(3, 14)
            following, choices = {}, set()
            for task in range(size):
                later = list(range(task + 1, size))
                picked = chance.sample(later, min(len(later), chance.randint(1, 3)))
                if len(picked) > 1 and chance.random() < 0.6:
                    choices.add(str(task))
                    following[str(task)] = {f'l{other}': [str(other)] for other in picked}
                else:
                    following[str(task)] = {'#none#': [str(other) for other in picked]}
            made = Graph('0', following, choices)
            nested = structure(made)
            for walk in range(20):
                picks = {task: chance.choice(sorted(following[task])) for task in sorted(choices)}
                self.assertTrue(same_walk(made, nested, picks.get), (seed, walk))

    def test_a_wrong_structure_is_seen(self):
        made = graph('a>yes:b,no:c b>d c>d', 'a')
        broken = tuple(item for item in structure(made) if not isinstance(item, Choose))
        self.assertFalse(same_walk(made, broken, {'a': 'yes'}.get))
