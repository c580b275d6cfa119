"""Reads a Logic Apps template and makes quell playbooks of its workflows."""
from . import arm
from .control import Merging
from .program import document


def convert(workflow, manifests, ledger, playbook_id):
    """The playbook as plain data."""
    importer = Merging(workflow, manifests, ledger, playbook_id)
    playbook, names = importer.playbook()
    return document(playbook, names)


def load(path):
    return arm.load(path)
