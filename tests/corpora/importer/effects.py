"""Actions that do something: calls of connectors, HTTP, other workflows, answers, ends and delays."""
import re

from .arm import is_deployed
from .cel import Call, Literal, Map
from .program import var
from .wdl_cel import spelled


def uses(importer, name, action, uses_, arguments):
    return [{'id': name, 'name': name, 'uses': uses_, 'with': arguments}]


def connection_of(inputs):
    """The connector's name, out of the reference to its connection."""
    host = inputs.get('host') or {}
    text = str((host.get('connection') or {}).get('name') or host)
    found = re.findall(r"\['([^']+)'\]", text)
    return found[0] if found else 'connector'


def verb_of(method, path):
    """`post /Incidents/Comment` is `post-incidents-comment`; what is computed is left out."""
    path = re.sub(r'@\{.*?\}(?=/|$|[^}])', '', re.sub(r"@\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", '', path))
    parts = [part for part in path.split('/') if part and not part.startswith('@')]
    return ' '.join([method] + parts[-4:]) if parts else f'{method} request'


def api_connection(importer, name, action):
    inputs = action.get('inputs') or {}
    method, path = str(inputs.get('method', 'post')).lower(), inputs.get('path', '')
    arguments = {'path': importer.value(path)}
    for key, as_ in (('queries', 'query'), ('body', 'body')):
        if inputs.get(key) not in (None, {}, ''):
            arguments[as_] = importer.value(inputs[key])
    plain = path if isinstance(path, str) and not is_deployed(path) else ''
    called = importer.manifests.action(connection_of(inputs), verb_of(method, plain), arguments,
                                       'reads' if method == 'get' else 'changes')
    return uses(importer, name, action, called, arguments)


HIDDEN = {'authorization', 'cookie'}  # a connection's affair: secrets are no values


def http(importer, name, action):
    inputs = action.get('inputs') or {}
    method = str(inputs.get('method', 'GET')).upper()
    reading = method == 'GET' and not inputs.get('body')
    arguments = {'url': importer.value(inputs.get('uri', ''))}
    if not reading:
        arguments['method'] = Literal(method)
        if method not in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE'):
            arguments['method'] = importer.value(inputs.get('method'))
    headers = inputs.get('headers')
    if isinstance(headers, dict):
        for key in headers:
            if key.lower() in HIDDEN:
                importer.ledger.note('an Authorization header became the connection\'s affair')
        headers = {key: part for key, part in headers.items() if key.lower() not in HIDDEN}
    if headers:
        arguments['headers'] = importer.value(headers)
    if inputs.get('queries'):
        arguments['query'] = importer.value(inputs['queries'])
    body = inputs.get('body')
    if body not in (None, ''):
        arguments['body' if isinstance(body, str) and not body.startswith('@') else 'json'] = \
            importer.value(body)
    return uses(importer, name, action, 'http.get' if reading else 'http.request', arguments)


CALLBACK = '@{listCallbackUrl()}'


def webhook_action(importer, name, action):
    """Posts something and waits for a person: its answer is the body. A connector that waits needs no
    address to be called back at."""
    inputs = dict(action.get('inputs') or {})
    body = inputs.get('body')
    if isinstance(body, dict) and CALLBACK in body.values():
        inputs['body'] = {key: part for key, part in body.items() if part != CALLBACK}
        importer.ledger.note('an address to call back that became the connector\'s affair')
    return api_connection(importer, name, {**action, 'inputs': inputs})


def last_name(data):
    """The last part of a resource id, without the template around it."""
    found = re.findall(r"[A-Za-z0-9_.-]{3,}", re.sub(r'providers/[^/]*/[a-z]*/', ' ', str(data)))
    skip = {'concat', 'variables', 'parameters', 'subscription', 'resourceGroup', 'name', 'subscriptions',
            'resourceGroups', 'subscriptionId', 'providers', 'workflows', 'functions', 'sites',
            'subscription'}
    found = [word for word in found if word not in skip and not word.startswith(('Microsoft.', '.'))]
    return found[-1] if found else 'other'


def called(connector, prefix, where):
    def row(importer, name, action):
        inputs = action.get('inputs') or {}
        target = last_name(where(inputs))
        arguments = {key: importer.value(inputs[key]) for key in ('body', 'queries', 'content')
                     if inputs.get(key) not in (None, '')}
        if 'queries' in arguments:
            arguments['query'] = arguments.pop('queries')
        use = importer.manifests.action(connector, f'{prefix} {target}', arguments, 'changes')
        return uses(importer, name, action, use, arguments)
    return row


def response(importer, name, action):
    """The answer to the caller: the run's output."""
    inputs = action.get('inputs') or {}
    node = Map(((Literal('status'), importer.value(inputs.get('statusCode', 200))),
                (Literal('body'), importer.value(inputs.get('body')))))
    var_name = importer.vars.new(name)
    if importer.loops:
        importer.loops[-1].vars.add(var_name)
        importer.ledger.note('an answer to the caller out of a loop, which `outputs` does not see')
    else:
        importer.outputs[var_name] = var(var_name)
    return [{'set': {var_name: node}}]


def terminate(importer, name, action):
    inputs = action.get('inputs') or {}
    reason = importer.value((inputs.get('runError') or {}).get('message') or name.replace('_', ' '))
    ended = str(inputs.get('runStatus', 'Succeeded')).lower()
    if ended == 'failed':
        return [{'id': name, 'fail': {'reason': reason}}]
    return [{'id': name, 'stop': {'as': 'done', 'reason': reason}}]


UNITS = {'second': 1, 'minute': 60, 'hour': 3600, 'day': 86400, 'week': 604800, 'month': 2592000}


def wait(importer, name, action):
    inputs = action.get('inputs') or {}
    interval = inputs.get('interval')
    if interval and isinstance(interval.get('count'), int):
        seconds = interval['count'] * UNITS[interval.get('unit', 'Second').lower()]
        return [{'id': name, 'wait': spelled(seconds)}]
    if inputs.get('until'):
        moment = importer.value(inputs['until'].get('timestamp', inputs['until']))
        return [{'id': name, 'wait': {'until': Call('timestamp', (moment,))}}]
    importer.ledger.note('a delay that is computed became 1 minute')
    return [{'id': name, 'wait': '1m'}]


EFFECTS = {
    'apiconnection': api_connection,
    'apiconnectionwebhook': webhook_action,
    'http': http,
    'function': called('azure-functions', 'run', lambda inputs: inputs.get('function')),
    'workflow': called('logic-apps', 'run', lambda inputs: (inputs.get('host') or {}).get('workflow')),
    'sendtobatch': called('logic-apps', 'send to',
                          lambda inputs: (inputs.get('host') or {}).get('workflow')),
    'response': response,
    'terminate': terminate,
    'wait': wait,
}

NO_ACTION = {'javascriptcode': 'scripts do not belong into a playbook, put them behind a connector'}
