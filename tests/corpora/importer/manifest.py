"""Stub connectors: every action that the imported playbooks use, declared so that lint knows it."""
from .names import kebab

READING = {'get', 'head', 'list', 'query', 'search', 'lookup', 'find', 'check'}


EXAMPLES = {'int': 200, 'map': {}, 'any': {}, 'list': [], 'string': 'text'}


class Manifests:
    """Actions by connector, with the inputs that were seen; one YAML file for each connector."""

    def __init__(self):
        self.connectors = {}

    def action(self, connector, verb, inputs, effect, outputs=None, doc=''):
        """Notes a use and gives the action's name, `connector.verb-object`."""
        connector, verb = kebab(connector, 'connector'), kebab(verb, 'call')
        if '-' not in verb:
            verb = f'call-{verb}'
        actions = self.connectors.setdefault(connector, {})
        known = actions.setdefault(verb, {'effect': effect, 'inputs': {}, 'outputs': {}, 'doc': doc})
        known['inputs'].update({name: None for name in inputs})
        known['outputs'].update(outputs or {'status': 'int', 'headers': 'map', 'body': 'any'})
        if effect == 'changes':
            known['effect'] = effect
        return f'{connector}.{verb}'

    def documents(self):
        for connector, actions in sorted(self.connectors.items()):
            yield connector, {
                'connector': connector, 'version': '1.0.0', 'title': connector,
                'doc': 'A stand-in, made by an importer.', 'url': 'https://stub.example',
                'auth': ['bearer'],
                'actions': {verb: self.described(action) for verb, action in sorted(actions.items())}}

    def described(self, action):
        reads = action['effect'] == 'reads'
        made = {'doc': (action['doc'] or 'Seen in an imported playbook') + '.',
                'effect': action['effect'], 'repeat': 'pure' if reads else 'once'}
        made['inputs'] = {name: {'type': 'any', 'nullable': True, 'doc': 'Seen in use.'}
                          for name in sorted(action['inputs']) or ['unused']}
        made['outputs'] = {name: {'type': kind, 'nullable': True, 'doc': 'Of the answer.'}
                           for name, kind in action['outputs'].items()}
        made['example'] = {name: EXAMPLES[kind] for name, kind in action['outputs'].items()}
        made['request'] = {'method': 'GET' if reads else 'POST', 'path': '/stub',
                           **({} if reads else {'json': {}})}
        made['output'] = {'status': '${{ reply.status }}'} if 'status' in action['outputs'] else {}
        return made
