"""XSOAR's test playbooks that call nothing but built-ins: they check themselves, so quell runs them.

Each must succeed, and must fail once what it sets is something else.
"""
import copy
import tempfile

from . import xsoar
from .corpus import Import
from .ledger import Ledger

SETTING = {'Set', 'SetAndHandleEmpty'}


def ran(quell, playbook):
    """'succeeded', 'failed' ..., and what quell printed."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Import(quell, scratch)
        importer = xsoar.Importer(playbook, made.manifests, Ledger(), made.ids.new(playbook['name']))
        document = importer.document()
        made.write(document, playbook['name'])
        made.write_connectors()
        _, out, err = made.run('run', f'playbooks/{document["playbook"]}.yaml')
    return (out.split() or ['nothing'])[-1], out + err


def mutants(playbook):
    """The playbook with one of the values that it sets replaced."""
    for key, task in playbook['tasks'].items():
        value = (task.get('scriptarguments') or {}).get('value') or {}
        if task['task'].get('scriptName') in SETTING and 'simple' in value:
            for other in ('', 'mutant'):
                changed = copy.deepcopy(playbook)
                changed['tasks'][key]['scriptarguments']['value']['simple'] = other
                yield changed


def check(quell, folder):
    """[(name, whether it holds, why not)]"""
    made = []
    for path in sorted(folder.glob('*.yml')):
        playbook = xsoar.load(path)
        status, said = ran(quell, playbook)
        if status != 'succeeded':
            made.append((playbook['name'], False, said))
        elif not any(ran(quell, mutant)[0] == 'failed' for mutant in mutants(playbook)):
            made.append((playbook['name'], False, 'it succeeds whatever it sets'))
        else:
            made.append((playbook['name'], True, ''))
    return made
