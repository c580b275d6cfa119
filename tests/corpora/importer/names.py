"""Names as quell spells them: steps and vars in snake_case, playbooks and actions in kebab-case."""
import re

from .cel import RESERVED

# Names that mean something of their own in expressions.
TAKEN = RESERVED | {'incident', 'alert', 'event', 'inputs', 'vars', 'steps', 'run', 'playbook', 'config',
                    'lists', 'output', 'error', 'item', 'in', 'null', 'true', 'false'}
LONGEST = 60


def words(text):
    text = re.sub(r'([a-z0-9])([A-Z])', r'\1 \2', text)
    return [word.lower() for word in re.findall(r'[A-Za-z0-9]+', text)]


def joined(text, mark, prefix):
    made = ''
    for word in words(text):
        if made and len(made) + len(word) >= LONGEST:
            break
        made += (mark if made else '') + word[:LONGEST]
    if not made or not made[0].isalpha():
        made = prefix + (mark + made if made else '')
    return made


def snake(text, prefix='step'):
    made = joined(text, '_', prefix)
    return made + '_' if made in TAKEN else made


def kebab(text, prefix='playbook'):
    return joined(text, '-', prefix)


class Unique:
    """Gives each thing a name of its own; the second `look` is `look_2`."""

    def __init__(self, spell=snake):
        self.spell, self.names, self.used = spell, {}, set()

    def of(self, key, text=None):
        if key not in self.names:
            self.names[key] = self.new(text or str(key))
        return self.names[key]

    def new(self, text):
        base = made = self.spell(text)
        number = 1
        while made in self.used:
            number += 1
            mark = '-' if '-' in self.spell('a b') else '_'
            made = f'{base.rstrip("_")}{mark}{number}'
        self.used.add(made)
        return made
