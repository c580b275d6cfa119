"""Playbooks written for this test, in the shapes that the products export: what they become is kept
beside them, is clean for lint, and those called check-* run and decide for themselves.

After a change that is wanted: UPDATE=1 tests/corpora/run_units QUELL writes the expected files anew.
"""
import json
import os
import tempfile
import unittest
from pathlib import Path

from importer import arm, sentinel, xsoar, yaml_text
from importer.corpus import Import
from importer.ledger import Ledger

HERE = Path(__file__).parent
SAMPLES = HERE / 'samples'
INCIDENT = HERE.parent.parent / 'playbooks' / 'samples' / 'sentinel-malware.json'


def imported(path, text, made, ledger):
    name = f'sample-{path.stem}'
    if path.suffix == '.json':
        workflow = arm.workflows(json.loads(text), path.name)[0]
        return sentinel.convert(workflow, made.manifests, ledger, name, walks=50)
    with tempfile.NamedTemporaryFile('w', suffix='.yml', encoding='utf-8') as file:
        file.write(text)
        file.flush()
        return xsoar.Importer(xsoar.load(file.name), made.manifests, ledger, name).document()


class Samples(unittest.TestCase):
    def each(self):
        found = sorted(SAMPLES.glob('*.json')) + sorted(SAMPLES.glob('*.yml'))
        self.assertTrue(found)
        for path in found:
            with tempfile.TemporaryDirectory() as scratch:
                yield path, Import(os.environ['QUELL'], scratch), Ledger()

    def test_become_what_is_expected(self):
        for path, made, ledger in self.each():
            document = imported(path, path.read_text(encoding='utf-8'), made, ledger)
            expected = path.with_suffix('.expected.yaml')
            if os.environ.get('UPDATE'):
                expected.write_text(yaml_text.text(document), encoding='utf-8')
            with self.subTest(sample=path.name):
                self.assertEqual(yaml_text.text(document), expected.read_text(encoding='utf-8'))
                for name, level in ledger.levels.items():
                    self.assertEqual(level.share, 1.0, f'{name}: {level.reasons}')

    def test_are_clean(self):
        for path, made, ledger in self.each():
            made.write(imported(path, path.read_text(encoding='utf-8'), made, ledger), path)
            with self.subTest(sample=path.name):
                self.assertEqual([one for one in made.lint() if one['severity'] == 'error'], [])

    def run_of(self, path, text, made):
        document = imported(path, text, made, Ledger())
        made.write(document, path)
        made.write_connectors()
        _, out, err = made.run('run', f'playbooks/{document["playbook"]}.yaml', '-i', str(INCIDENT))
        return (out.split() or ['nothing'])[-1], out + err

    def test_check_themselves(self):
        ran = 0
        for path, made, _ in self.each():
            if path.name.startswith('check-'):
                status, said = self.run_of(path, path.read_text(encoding='utf-8'), made)
                self.assertEqual(status, 'succeeded', said)
                ran += 1
        self.assertEqual(ran, 2)

    def test_checks_can_fail(self):
        changes = {'check-variables.json': [('"bad": false', '"bad": true'), ('"count", "value": 1', '')],
                   'check-context.yml': [('"Score": 2', '"Score": 0'), ('value: { simple: some }',
                                                                        'value: { simple: other }')]}
        for path, made, _ in self.each():
            for old, new in changes.get(path.name, ()):
                text = path.read_text(encoding='utf-8')
                if old in text:
                    status, said = self.run_of(path, text.replace(old, new, 1), made)
                    self.assertEqual(status, 'failed', f'{old} -> {new}: {said}')
