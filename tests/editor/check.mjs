// check.mjs - asks yaml-language-server what an author would see: node check.mjs SERVER SCHEMA FILE...
// Prints for each file its diagnostics, and then what is completed and shown in `scratch.yaml`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [server, schema, ...files] = process.argv.slice(2);
const settings = {
  yaml: {
    validate: true,
    completion: true,
    hover: true,
    schemas: { [`file://${resolve(schema)}`]: '*.yaml' },
    schemaStore: { enable: false },
  },
};

// ---- the protocol: JSON-RPC with a length in front --------------------------------------------------
const child = spawn(process.execPath, [server, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = new Map();
const published = new Map();
let received = Buffer.alloc(0);
let last = 0;

function send(message) {
  const text = JSON.stringify({ jsonrpc: '2.0', ...message });
  child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

function ask(method, params) {
  return new Promise((done) => {
    answers.set(++last, done);
    send({ id: last, method, params });
  });
}

function take(message) {
  if (message.method === 'textDocument/publishDiagnostics') {
    published.get(message.params.uri)?.(message.params.diagnostics);
  } else if (message.method === 'workspace/configuration') {
    send({ id: message.id, result: message.params.items.map((item) => settings[item.section] ?? {}) });
  } else if (message.method && message.id !== undefined) {
    send({ id: message.id, result: null });
  } else {
    answers.get(message.id)?.(message.result);
  }
}

child.stdout.on('data', (data) => {
  received = Buffer.concat([received, data]);
  for (;;) {
    const end = received.indexOf('\r\n\r\n');
    const length = end < 0 ? 0 : Number(/Content-Length: (\d+)/i.exec(received.subarray(0, end))[1]);
    if (end < 0 || received.length < end + 4 + length) return;
    const text = received.subarray(end + 4, end + 4 + length);
    received = received.subarray(end + 4 + length);
    take(JSON.parse(text));
  }
});

function open(uri, text) {
  return new Promise((done) => {
    published.set(uri, done);
    send({ method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'yaml', version: 1, text } } });
  });
}

// ---- what an author sees ---------------------------------------------------------------------------
await ask('initialize', {
  processId: process.pid,
  rootUri: null,
  capabilities: { workspace: { configuration: true }, textDocument: { completion: { completionItem: {} } } },
});
send({ method: 'initialized', params: {} });
send({ method: 'workspace/didChangeConfiguration', params: { settings } });

for (const file of files) {
  const found = await open(`file://${resolve(file)}`, readFileSync(file, 'utf8'));
  console.log(`${file.split('/').at(-1)}: ${found.length}`);
  found.sort((a, b) => a.range.start.line - b.range.start.line);
  for (const one of found)
    console.log(`  ${one.range.start.line + 1}:${one.range.start.character + 1} ${one.message.split('\n')[0]}`);
}

const scratch = `quell: 1
playbook: scratch
on: { manual: }
steps:
  - uses: defender.isolate-device
    with:
      ` + `
  - uses: ` + `
`;
const uri = 'file:///scratch.yaml';
await open(uri, scratch);
async function complete(line, character) {
  const list = await ask('textDocument/completion', { textDocument: { uri }, position: { line, character } });
  return list.items.map((item) => item.label).sort().join(' ');
}
console.log(`inputs: ${await complete(6, 6)}`);
console.log(`actions: ${await complete(7, 10)}`);
const shown = await ask('textDocument/hover', { textDocument: { uri }, position: { line: 4, character: 14 } });
console.log(`hover: ${JSON.stringify(shown?.contents?.value ?? '')}`);
child.kill();
