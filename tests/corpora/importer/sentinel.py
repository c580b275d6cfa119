"""Reads a Logic Apps template and makes quell playbooks of its workflows."""
import random

from . import arm, walk_workflow
from .control import Merging
from .program import document


def convert(workflow, manifests, ledger, playbook_id, walks=0):
    """The playbook as plain data. With `walks`, so many random walks through it are compared."""
    importer = Merging(workflow, manifests, ledger, playbook_id)
    playbook, names = importer.playbook()
    made = document(playbook, names)
    for seed in range(walks):
        why = walk_workflow.differs(importer, made, random.Random(f'{playbook_id} {seed}'))
        if why or seed == walks - 1:
            ledger.add('walks', why)
            break
    return made


def load(path):
    return arm.load(path)
