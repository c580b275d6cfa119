"""The triggers of Logic Apps, and what of an incident has a field of its own in quell."""
from . import cel
from .cel import Literal, Name
from .wdl import Access, Constant, Function

INCIDENT = {
    ('object', 'id'): cel.field(Name('incident'), 'source_id'),
    ('object', 'properties', 'title'): cel.field(Name('incident'), 'title'),
    ('object', 'properties', 'description'): cel.field(Name('incident'), 'description'),
    ('object', 'properties', 'incidentNumber'): cel.field(Name('incident'), 'number'),
    ('object', 'properties', 'incidentUrl'): cel.field(Name('incident'), 'url'),
}


def path_of(tree):
    """(the function at the root, the constant keys behind it)"""
    keys = []
    while isinstance(tree, Access) and isinstance(tree.key, Constant):
        keys.append(tree.key.value)
        tree = tree.of
    return tree, tuple(reversed(keys))


def trigger_path(tree):
    root, keys = path_of(tree)
    name = root.name.lower() if isinstance(root, Function) else ''
    if name == 'triggerbody':
        return keys
    return keys[1:] if name in ('trigger', 'triggeroutputs') and keys[:1] == ('body',) else None


def outputs_path(tree):
    root, keys = path_of(tree)
    if keys and isinstance(keys[0], str) and isinstance(root, Function) and \
            root.name.lower() in ('outputs', 'actions') and isinstance(root.args[0], Constant):
        if root.name.lower() == 'actions':
            keys = keys[1:] if keys[0] == 'outputs' else keys
        return (root.args[0].value, keys) if keys else None
    return None


def field_of_trigger(kind):
    roots = {'incident': cel.field(Name('incident'), 'raw'), 'webhook': Name('event'),
             'alert': cel.field(Name('incident'), 'raw'), 'schedule': Literal(None)}
    return roots[kind]


def on_trigger(importer, kind):
    if kind in ('incident', 'alert'):
        return {'incident': {'types': ['created']}}, {}
    if kind == 'schedule':
        return {'schedule': [{'every': every(importer.workflow)}]}, {}
    return {'webhook': {'path': f'/hooks/{importer.id}', 'auth': 'bearer:logic_app', 'as': 'event'}}, {}


def every(workflow):
    for trigger in workflow.triggers.values():
        recurrence = trigger.get('recurrence') or {}
        unit = {'minute': 'm', 'hour': 'h', 'day': 'd', 'week': 'd'}.get(
            str(recurrence.get('frequency', '')).lower(), 'h')
        count = recurrence.get('interval')
        count = count if isinstance(count, int) else 1
        return f'{count * 7 if str(recurrence.get("frequency")).lower() == "week" else count}{unit}'
    return '1h'
