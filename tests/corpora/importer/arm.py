"""ARM templates: finds the Logic Apps in one, and says what its deployment-time texts mean.

A text `[...]` of a template is evaluated when it is deployed. Its parameters become settings of the
workspace (`config.x`), its variables are replaced by what they stand for.
"""
from dataclasses import dataclass, field
import json

from . import cel
from .names import snake
from .wdl import NotUnderstood, parse


@dataclass
class Workflow:
    name: str
    definition: dict
    variables: dict = field(default_factory=dict)  # the template's, lower-case names
    parameters: dict = field(default_factory=dict)

    @property
    def actions(self):
        return self.definition.get('actions') or {}

    @property
    def triggers(self):
        return self.definition.get('triggers') or {}


def load(path):
    """The workflows of a template's file."""
    with open(path, encoding='utf-8-sig') as file:
        return workflows(json.load(file), path)


def workflows(template, name):
    lower = lambda table: {key.lower(): value for key, value in (table or {}).items()}
    found = []
    for resource in resources(template):
        definition = resource.get('properties', {}).get('definition')
        if isinstance(definition, dict) and 'actions' in definition:
            found.append(Workflow(name, definition, lower(template.get('variables')),
                                  lower(template.get('parameters'))))
    return found


def resources(node):
    """Every map below `resources`, nested deployments included."""
    if isinstance(node, dict):
        if isinstance(node.get('properties'), dict):
            yield node
        for part in node.values():
            yield from resources(part)
    elif isinstance(node, list):
        for part in node:
            yield from resources(part)


def is_deployed(text):
    return isinstance(text, str) and text.startswith('[') and text.endswith(']') and \
        not text.startswith('[[') and text[1:2] not in ('', ']', '{', '"', '[')


class DeploymentScope:
    """The names of deployment-time expressions. They know nothing of actions."""

    def __init__(self, workflow, translate):
        self.workflow, self.translate, self.depth = workflow, translate, 0

    def parameter(self, name):
        return cel.maybe(cel.Name('config'), snake(name))

    def variable(self, name):
        value = self.workflow.variables.get(name.lower())
        if value is None or self.depth > 10:
            raise NotUnderstood(f'the template has no variable `{name}`')
        self.depth += 1
        try:
            return self.translate(value)
        finally:
            self.depth -= 1

    def known(self, tree):
        """What the cloud knows of the deployment becomes a setting."""
        name = getattr(tree, 'name', '').lower()
        if name in ('resourcegroup', 'subscription', 'deployment', 'environment'):
            return cel.field(cel.Name('config'), snake(name))
        if name in ('resourceid', 'reference', 'listkeys', 'uniquestring', 'toupper'):
            return cel.maybe(cel.Name('config'), snake(name))
        return None

    def variable_kind(self, name):
        return None

    def refuse(self, name=''):
        raise NotUnderstood('a deployment knows no actions')

    action = body = item = results = refuse
    trigger = workflow_name = refuse


def parsed(text):
    return parse(text[1:-1])
