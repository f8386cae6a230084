// attach over a websocket, with a client of the protocol's own making: the ws package over the unix socket, and Node's
// built-in one over TCP. Needs root.
import { createServer, connect as dial } from 'node:net';
import test from 'ava';
import { WebSocket as Client } from 'ws';
import type { Daemon } from '../helpers/daemon.ts';
import type { Owner } from '../helpers/owner.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, logs, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

interface Attached {
  readonly socket: Client;
  text(): string;
  readonly binary: boolean[];
  /** The code of the close. */
  readonly closed: Promise<number>;
}

async function attach(owner: Owner, id: string, query: string, version = ''): Promise<Attached> {
  const socket = new Client(`ws+unix://${daemon.socket}:${version}/containers/${id}/attach/ws?${query}`);
  owner.teardown(() => socket.terminate());
  const chunks: Buffer[] = [];
  const binary: boolean[] = [];
  socket.on('message', (data: Buffer, isBinary) => {
    chunks.push(data);
    binary.push(isBinary);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return { socket, binary, closed, text: () => Buffer.concat(chunks).toString() };
}

const ALL = 'stream=1&stdin=1&stdout=1&stderr=1';
const INTERACTIVE = { OpenStdin: true, StdinOnce: true, AttachStdin: true };

test('both streams come unframed, and what is sent is stdin', async (t) => {
  const id = await create(daemon, {
    Cmd: ['sh', '-c', 'echo out; echo err >&2; read a; echo "got $a"; exit 3'],
    ...INTERACTIVE,
  });
  const client = await attach(t, id, ALL);
  await daemon.api('POST', `/containers/${id}/start`);
  await waitFor('the first lines', () => /out/.test(client.text()) && /err/.test(client.text()));
  client.socket.send('hello\n');
  await waitFor('the answer', () => client.text().endsWith('got hello\n'));
  t.is(await client.closed, 1000, 'the end of the run is a normal closure');
  t.true(client.binary.every(Boolean), 'binary frames since API 1.28');
  t.is([...client.text()].sort().join(''), [...'out\nerr\ngot hello\n'].sort().join(''));
});

test('all output arrives before the close', async (t) => {
  const id = await create(daemon, {
    Cmd: ['sh', '-c', 'i=0; while [ $i -lt 2000 ]; do echo "line $i of some length"; i=$((i+1)); done'],
  });
  const client = await attach(t, id, ALL);
  await daemon.api('POST', `/containers/${id}/start`);
  t.is(await client.closed, 1000);
  const lines = client.text().trimEnd().split('\n');
  t.is(lines.length, 2000);
  t.is(lines.at(-1), 'line 1999 of some length');
});

test('the end of what the client sends is the end of stdin', async (t) => {
  const id = await create(daemon, { Cmd: ['sh', '-c', 'cat; echo end'], ...INTERACTIVE });
  const client = await attach(t, id, ALL);
  await daemon.api('POST', `/containers/${id}/start`);
  client.socket.send('typed');
  await waitFor('the echo', () => client.text() === 'typed');
  client.socket.close();
  const answer = await daemon.api('POST', `/containers/${id}/wait`);
  t.is(answer.json<{ StatusCode: number }>().StatusCode, 0);
  t.is((await logs(daemon, id)).out, 'typedend\n');
});

test('a terminal, its detach keys, and the replay of its log', async (t) => {
  const id = await start(daemon, { Cmd: ['cat'], Tty: true, OpenStdin: true });
  const client = await attach(t, id, `${ALL}&detachKeys=ctrl-a,x`);
  client.socket.send('before\n');
  await waitFor('the echo', () => (client.text().match(/before/g) ?? []).length === 2);
  client.socket.send('\u0001x');
  t.is(await client.closed, 1000);
  const state = (await daemon.api('GET', `/containers/${id}/json`)).json<{ State: { Running: boolean } }>();
  t.true(state.State.Running);
  const again = await attach(t, id, `${ALL}&logs=1`);
  await waitFor('the replay', () => again.text() === 'before\r\nbefore\r\n');
  again.socket.send('after\n');
  await waitFor('the stream', () => (again.text().match(/after/g) ?? []).length === 2);
});

test('streams are chosen since API 1.42; before, all of them come', async (t) => {
  const id = await create(daemon, { Cmd: ['sh', '-c', 'echo out; echo err >&2'] });
  const one = await attach(t, id, 'stream=1&stderr=1');
  const old = await attach(t, id, 'stream=1', '/v1.41');
  const text = await attach(t, id, 'stream=1', '/v1.27');
  await daemon.api('POST', `/containers/${id}/start`);
  t.is(await one.closed, 1000);
  t.is(one.text(), 'err\n');
  await Promise.all([old.closed, text.closed]);
  for (const client of [old, text]) t.is([...client.text()].sort().join(''), [...'out\nerr\n'].sort().join(''));
  t.true(
    text.binary.every((isBinary) => !isBinary),
    'text frames before API 1.28',
  );
});

test('a character in two writes is whole in the text of old clients', async (t) => {
  const id = await create(daemon, { Cmd: ['sh', '-c', "printf '\\342\\202'; sleep 0.2; printf '\\254 ok'"] });
  const client = await attach(t, id, 'stream=1', '/v1.27');
  await daemon.api('POST', `/containers/${id}/start`);
  t.is(await client.closed, 1000);
  t.is(client.text(), '€ ok');
});

test('a client that vanishes leaves the container alone', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'trap "exit 7" TERM; while :; do echo x; sleep 0.05; done'] });
  const client = await attach(t, id, ALL);
  await waitFor('some output', () => client.text().length > 0);
  client.socket.terminate();
  const before = (await logs(daemon, id)).out.length;
  await waitFor('more of it', async () => (await logs(daemon, id)).out.length > before + 10);
  t.is((await daemon.api('POST', `/containers/${id}/kill`)).status, 204);
});

test('what can be refused is refused before the upgrade', async (t) => {
  const refused = (path: string): Promise<number | undefined> =>
    new Promise((resolve) => {
      const socket = new Client(`ws+unix://${daemon.socket}:${path}`);
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    });
  t.is(await refused('/containers/nobody/attach/ws?stream=1'), 404);
  const id = await create(daemon, { Cmd: ['true'] });
  t.is(await refused(`/containers/${id}/attach/ws?stream=1&detachKeys=nonsense`), 400);
  t.is((await daemon.api('GET', `/containers/${id}/attach/ws?stream=1`)).status, 400, 'no upgrade at all');
});

test("Node's own client, over TCP", async (t) => {
  const server = createServer((socket) => {
    socket.pipe(dial(daemon.socket)).pipe(socket);
    socket.on('error', () => socket.destroy());
  });
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const id = await create(daemon, { Cmd: ['sh', '-c', 'read a; echo "got $a"'], ...INTERACTIVE });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/containers/${id}/attach/ws?${ALL}`);
  socket.binaryType = 'arraybuffer';
  let text = '';
  socket.onmessage = ({ data }) => {
    text += Buffer.from(data as ArrayBuffer).toString();
  };
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  await daemon.api('POST', `/containers/${id}/start`);
  socket.send('hello\n');
  t.is(await closed, 1000);
  t.is(text, 'got hello\n');
});
