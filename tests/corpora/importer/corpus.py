"""Whole corpora: imports every file, writes the playbooks and the stub connectors they use, and has
the built quell lint them."""
import json
import os
import random
import subprocess
from pathlib import Path

from . import sentinel, walk, xsoar, yaml_text
from .ledger import Ledger
from .manifest import Manifests
from .names import Unique, kebab

WALKS = 60  # random walks through each playbook


class Crash(Exception):
    """quell ended in a way that no input may bring about."""


def find(source_dir, name):
    """The folder of a corpus, beside the source tree or above it; None where it is not."""
    for place in (os.environ.get('QUELL_CORPORA'), *(
            os.path.join(source_dir, up, 'shared', 'corpora') for up in ('..', '../..', '../../..'))):
        if place and os.path.isdir(os.path.join(place, name)):
            return Path(place) / name
    return None


class Import:
    """One corpus on its way: `folder` gets playbooks/ and connectors/."""

    def __init__(self, quell, folder):
        self.quell, self.folder = quell, Path(folder)
        self.playbooks, self.connectors = self.folder / 'playbooks', self.folder / 'connectors'
        self.playbooks.mkdir(parents=True, exist_ok=True)
        self.connectors.mkdir(parents=True, exist_ok=True)
        self.manifests, self.ledger = Manifests(), Ledger()
        self.ids = Unique(kebab)
        self.sources = {}  # id -> file it was made of

    def write(self, document, source):
        name = document['playbook']
        self.sources[name] = source
        (self.playbooks / f'{name}.yaml').write_text(yaml_text.text(document), encoding='utf-8')

    def write_connectors(self):
        for name, document in self.manifests.documents():
            (self.connectors / f'{name}.yaml').write_text(yaml_text.text(document), encoding='utf-8')

    def run(self, *arguments):
        """quell's exit code and output; a signal or a sanitizer's report is a Crash."""
        environment = {**os.environ, 'QUELL_CONNECTORS': str(self.connectors)}
        done = subprocess.run([self.quell, *arguments], capture_output=True, text=True,
                              env=environment, cwd=self.folder, check=False)
        if done.returncode not in (0, 1, 2, 3) or 'Sanitizer' in done.stderr:
            raise Crash(f'quell {" ".join(arguments)}: exit {done.returncode}\n{done.stderr[-4000:]}')
        return done.returncode, done.stdout, done.stderr

    def finish(self, own):
        """Adds the ledger of one file. A file is whole when all of it could be said."""
        own.add('whole', None if own.complete else 'a file of which a part is not said')
        self.ledger += own

    def lint(self):
        """Notes for each playbook whether it has errors; gives the diagnostics."""
        self.write_connectors()
        code, out, err = self.run('lint', 'playbooks', '-o', 'json')
        if code > 1:
            raise Crash(f'quell lint: {err}')
        found = json.loads(out)['diagnostics'] if out.strip() else []
        errors = {}
        for one in found:
            if one['severity'] == 'error':
                errors.setdefault(Path(one['file']).stem, f'{one["code"]} {one["message"]}')
        for name in self.sources:
            self.ledger.add('lint', errors.get(name))
        return found


def import_sentinel(quell, corpus, folder):
    made = Import(quell, folder)
    for path in sorted((corpus / 'playbooks').glob('*.json')):
        own = Ledger()
        try:
            for workflow in sentinel.load(path):
                name = made.ids.new(title_of(path))
                made.write(sentinel.convert(workflow, made.manifests, own, name, WALKS), path)
            own.add('parsed')
        except (KeyError, TypeError, ValueError, AttributeError) as why:
            own = Ledger()
            own.add('parsed', f'{type(why).__name__}: {why}')
        made.finish(own)
    return made


def title_of(path):
    """What a template is called, out of its path with `__` for `/`."""
    parts = [part for part in path.stem.split('__')
             if part.lower() not in ('azuredeploy', 'playbooks', 'solutions', 'masterplaybooks')]
    return ' '.join(parts[-2:])


def learn_lists(named, library):
    """What is a list inside a playbook only, its callers have to know before they are written."""
    for name, playbook in named:
        try:
            made = xsoar.Importer(playbook, Manifests(), Ledger(), name, library).document()
        except (KeyError, TypeError, ValueError, AttributeError):
            continue  # said when it is written
        known = library[playbook['name']]
        for key, one in made.get('inputs', {}).items():
            if known.id == name and key in known.inputs:
                known.inputs[key] = one['type'] == 'list'


def import_xsoar(quell, corpus, folder, only=('playbooks', 'test-playbooks', 'self-contained')):
    made = Import(quell, folder)
    paths = sorted(file for part in only for file in (corpus / part).glob('*.yml'))
    playbooks = [(path, xsoar.load(path)) for path in paths]
    named = [(made.ids.new(playbook['name']), playbook) for _, playbook in playbooks]
    library = xsoar.library_of(named)
    learn_lists(named, library)
    for (path, playbook), (name, _) in zip(playbooks, named):
        own = Ledger()
        try:
            importer = xsoar.Importer(playbook, made.manifests, own, name, library)
            made.write(importer.document(), path)
            for seed in range(WALKS):
                why = walk.xsoar_differs(importer, random.Random(f'{name} {seed}'))
                if why:
                    break
            own.add('control flow')
            own.add('walks', why)
            own.add('parsed')
        except (KeyError, TypeError, ValueError, AttributeError) as why:
            own = Ledger()
            own.add('parsed', f'{type(why).__name__}: {why}')
        made.finish(own)
    return made
