"""What became of each part of a playbook: the figures of the report, and the reasons."""
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Level:
    """One level of the import: how many there are, how many were said in quell, why not the rest."""
    done: int = 0
    total: int = 0
    reasons: Counter = field(default_factory=Counter)

    def add(self, reason=None):
        self.total += 1
        self.done += reason is None
        if reason is not None:
            self.reasons[reason] += 1

    def __iadd__(self, other):
        self.done += other.done
        self.total += other.total
        self.reasons += other.reasons
        return self

    @property
    def share(self):
        return self.done / self.total if self.total else 1.0


LEVELS = ('parsed', 'actions', 'expressions', 'control flow', 'walks', 'whole', 'lint')


class Ledger:
    def __init__(self):
        self.levels = {name: Level() for name in LEVELS}
        self.notes = Counter()  # sound, but not word for word

    def add(self, level, reason=None):
        self.levels[level].add(reason)

    def note(self, text):
        self.notes[text] += 1

    @property
    def complete(self):
        return all(level.done == level.total for level in self.levels.values())

    def __iadd__(self, other):
        for name, level in other.levels.items():
            self.levels[name] += level
        self.notes += other.notes
        return self

    def table(self, title):
        lines = [title, f'  {"level":<14}{"said":>8}{"of":>8}{"share":>9}']
        for name, level in self.levels.items():
            if level.total:
                lines.append(f'  {name:<14}{level.done:>8}{level.total:>8}{level.share:>9.1%}')
        return '\n'.join(lines)

    def why(self, most=12):
        lines = []
        for name, level in self.levels.items():
            for reason, count in level.reasons.most_common(most):
                lines.append(f'  {name}: {count} x {reason}')
        return '\n'.join(lines)
