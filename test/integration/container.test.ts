// Containers through the API: what clients rely on beyond the docker command line, and bad requests.
import { randomBytes } from 'node:crypto';
import { existsSync, readlinkSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect, ContainerSummary } from '../../src/types/container.ts';
import type { HostEffect } from '../../src/types/system.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import {
  create,
  inspect,
  isKept,
  logs,
  rawLogs,
  runToEnd,
  splitFrames,
  start,
  startWithBusybox,
} from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const unique = (): string => `t${randomBytes(6).toString('hex')}`;
const messageOf = (text: string): string => (JSON.parse(text) as { message: string }).message;

test('create, start, wait, remove', async (t) => {
  const id = await create(daemon, { Cmd: ['sh', '-c', 'exit 7'] });
  t.is((await daemon.api('POST', `/containers/${id}/start`)).status, 204);
  t.deepEqual((await daemon.api('POST', `/containers/${id}/wait`)).json(), { StatusCode: 7 });
  t.is((await daemon.api('DELETE', `/containers/${id}`)).status, 204);
  t.is((await daemon.api('GET', `/containers/${id}/json`)).status, 404);
  t.false(existsSync(join(daemon.root, 'containers', id)));
});

test('the first process is a direct child of the daemon, or of its shim', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '1000'] });
  const { State } = await inspect<ContainerInspect>(daemon, id);
  t.true(isKept(daemon, State.Pid));
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

for (const mode of ['bridge', 'none']) {
  test(`SandboxKey is a real network namespace with the network ${mode}`, async (t) => {
    const id = await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: mode } });
    const { NetworkSettings, State } = await inspect<ContainerInspect>(daemon, id);
    t.is(readlinkSync(NetworkSettings.SandboxKey), readlinkSync(`/proc/${State.Pid}/ns/net`));
    t.deepEqual(Object.keys(NetworkSettings.Networks), [mode]);
    await daemon.api('DELETE', `/containers/${id}?force=1`);
    t.false(existsSync(NetworkSettings.SandboxKey));
  });
}

test('wait sends its headers before there is anything to tell', async (t) => {
  const id = await create(daemon, { Cmd: ['true'] });
  const response = await daemon.stream('POST', `/containers/${id}/wait?condition=next-exit`);
  t.is(response.statusCode, 200);
  await daemon.api('POST', `/containers/${id}/start`);
  let text = '';
  for await (const chunk of response) text += chunk;
  t.deepEqual(JSON.parse(text), { StatusCode: 0 });
});

test('a wait for the removal is answered by the removal', async (t) => {
  const id = await create(daemon, { Cmd: ['sh', '-c', 'exit 3'], HostConfig: { AutoRemove: true } });
  const response = await daemon.stream('POST', `/containers/${id}/wait?condition=removed`);
  await daemon.api('POST', `/containers/${id}/start`);
  let text = '';
  for await (const chunk of response) text += chunk;
  t.deepEqual(JSON.parse(text), { StatusCode: 3 });
  t.is((await daemon.api('GET', `/containers/${id}/json`)).status, 404);
});

test('a wait for one that does not run answers at once', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 4'] });
  t.deepEqual((await daemon.api('POST', `/containers/${id}/wait`)).json(), { StatusCode: 4 });
});

test('a program that cannot be started leaves the container created, with the reason', async (t) => {
  const id = await create(daemon, { Cmd: ['nosuchprogram'] });
  const answer = await daemon.api('POST', `/containers/${id}/start`);
  t.is(answer.status, 400);
  t.regex(messageOf(answer.text), /exec: "nosuchprogram": executable file not found in \$PATH/);
  const { State } = await inspect<ContainerInspect>(daemon, id);
  t.like(State, { Status: 'created', ExitCode: 127, Pid: 0 });
  t.regex(State.Error, /executable file not found/);
  const effects = (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>();
  t.deepEqual(
    effects.filter(({ Owner }) => Owner === id).map(({ Kind }) => Kind),
    ['directory'],
  );
  t.is((await daemon.api('DELETE', `/containers/${id}`)).status, 204);
});

test('one that has ended can be started again, and its log goes on', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'echo run; touch /once; ls /once'] });
  await daemon.api('POST', `/containers/${id}/start`);
  await daemon.api('POST', `/containers/${id}/wait`);
  t.is((await logs(daemon, id)).out, 'run\n/once\nrun\n/once\n');
});

test('starting twice and stopping twice is not modified', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '1000'], StopSignal: 'SIGKILL' });
  t.is((await daemon.api('POST', `/containers/${id}/start`)).status, 304);
  t.is((await daemon.api('POST', `/containers/${id}/stop`)).status, 204);
  t.is((await daemon.api('POST', `/containers/${id}/stop`)).status, 304);
});

test('stop uses the signal it is given, and SIGKILL when the time is over', async (t) => {
  const script = 'trap "exit 5" USR1; trap "" TERM; while :; do sleep 0.05; done';
  const byName = await start(daemon, { Cmd: ['sh', '-c', script] });
  await sleep(300);
  await daemon.api('POST', `/containers/${byName}/stop?signal=SIGUSR1`);
  t.is((await inspect<ContainerInspect>(daemon, byName)).State.ExitCode, 5);
  const stubborn = await start(daemon, { Cmd: ['sh', '-c', script] });
  await sleep(300);
  const before = performance.now();
  await daemon.api('POST', `/containers/${stubborn}/stop?t=1`);
  t.true(performance.now() - before >= 990);
  t.is((await inspect<ContainerInspect>(daemon, stubborn)).State.ExitCode, 137);
});

test('a hundred processes are gone with the first one', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'for i in $(seq 100); do sleep 1000 & done; wait'] });
  await waitFor('the processes', async () => {
    const top = (await daemon.api('GET', `/containers/${id}/top`)).json<{ Processes: string[][] }>();
    return top.Processes.length === 101;
  });
  await daemon.api('POST', `/containers/${id}/kill`);
  const effects = (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>();
  t.deepEqual(
    effects.filter(({ Owner }) => Owner === id).map(({ Kind }) => Kind),
    ['directory'],
  );
});

test('memory beyond the limit kills, and says so', async (t) => {
  const { id, code } = await runToEnd(daemon, {
    Cmd: ['sh', '-c', 'x=y; while :; do x=$x$x; done'],
    HostConfig: { Memory: 16 << 20, MemorySwap: 16 << 20 },
  });
  t.is(code, 137);
  t.true((await inspect<ContainerInspect>(daemon, id)).State.OOMKilled);
});

// ---- logs --------------------------------------------------------------------------------------------------------

test('logs: streams apart, tail, since, until, timestamps', async (t) => {
  // Lines that the pump reads in one go have one time: the pause is longer than a busy machine keeps it waiting.
  const { id } = await runToEnd(daemon, {
    Cmd: ['sh', '-c', 'for i in 1 2 3 4; do echo out $i; echo err $i >&2; sleep 0.3; done'],
  });
  t.deepEqual(await logs(daemon, id), { out: 'out 1\nout 2\nout 3\nout 4\n', err: 'err 1\nerr 2\nerr 3\nerr 4\n' });
  t.deepEqual(await logs(daemon, id, 'stderr=1'), { out: '', err: 'err 1\nerr 2\nerr 3\nerr 4\n' });
  const last = await logs(daemon, id, 'stdout=1&stderr=1&tail=3');
  t.is((last.out + last.err).split('\n').length - 1, 3);
  const stamped = await logs(daemon, id, 'stdout=1&timestamps=1');
  t.regex(stamped.out, /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z out \d\n){4}$/);
  const third = stamped.out.split('\n')[2]?.split(' ')[0] ?? '';
  t.is((await logs(daemon, id, `stdout=1&since=${third}`)).out, 'out 3\nout 4\n');
  t.is((await logs(daemon, id, `stdout=1&until=${third}`)).out, 'out 1\nout 2\nout 3\n');
});

test('logs that are followed hold every line once, to the last', async (t) => {
  const count = 20_000;
  const id = await create(daemon, {
    Cmd: ['sh', '-c', `i=0; while [ $i -lt ${count} ]; do echo $i; i=$((i+1)); done`],
  });
  await daemon.api('POST', `/containers/${id}/start`);
  const answers = await Promise.all([1, 2, 3].map(() => rawLogs(daemon, id, 'stdout=1&follow=1')));
  const expected = Array.from({ length: count }, (_, index) => `${index}\n`).join('');
  for (const { bytes } of answers) t.is(splitFrames(bytes).out, expected);
});

test('a terminal has one stream without frames', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'echo a; echo b >&2'], Tty: true });
  const answer = await rawLogs(daemon, id, 'stdout=1&stderr=1');
  t.is(answer.headers['content-type'], 'application/vnd.docker.raw-stream');
  t.is(answer.text, 'a\r\nb\r\n');
});

test('without a log there is no log', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['echo', 'x'], HostConfig: { LogConfig: { Type: 'none' } } });
  t.is((await inspect<ContainerInspect>(daemon, id)).LogPath, '');
  t.is((await rawLogs(daemon, id, 'stdout=1')).status, 501);
});

// ---- attach ------------------------------------------------------------------------------------------------------

/** Sends an attach by hand; what comes back, head and all. */
function attach(
  id: string,
  options: { query?: string; upgrade?: boolean; version?: string } = {},
): { socket: Socket; received: () => Buffer } {
  const socket = connect({ path: daemon.socket, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const { query = 'stream=1&stdout=1&stderr=1&stdin=1', upgrade = true, version = 'v1.43' } = options;
  socket.write(
    `POST /${version}/containers/${id}/attach?${query} HTTP/1.1\r\nHost: x\r\n${upgrade ? 'Connection: Upgrade\r\nUpgrade: tcp\r\n' : ''}\r\n`,
  );
  return { socket, received: () => Buffer.concat(chunks) };
}

const bodyOf = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
const ended = (socket: Socket): Promise<void> => new Promise((resolve) => socket.on('end', () => resolve()));

test('attach before the start gets every byte, from the first to the last, and ends', async (t) => {
  const id = await create(daemon, {
    Cmd: ['sh', '-c', 'echo first; echo second >&2; echo last'],
    OpenStdin: true,
    StdinOnce: true,
  });
  const { socket, received } = attach(id);
  await waitFor('the upgrade', () => received().includes('\r\n\r\n'));
  t.regex(
    received().toString(),
    /^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.multiplexed-stream\r\n/,
  );
  const end = ended(socket);
  await daemon.api('POST', `/containers/${id}/start`);
  await end;
  t.deepEqual(splitFrames(bodyOf(received())), { out: 'first\nlast\n', err: 'second\n' });
  socket.destroy();
});

test('a client without Upgrade is answered 200 and can send stdin all the same', async (t) => {
  const id = await create(daemon, { Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
  const { socket, received } = attach(id, { upgrade: false });
  await waitFor('the answer', () => received().includes('\r\n\r\n'));
  t.regex(received().toString(), /^HTTP\/1\.1 200 OK\r\n/);
  await daemon.api('POST', `/containers/${id}/start`);
  const end = ended(socket);
  socket.end('GET / HTTP/1.1\r\n\r\n');
  await end;
  t.is(splitFrames(bodyOf(received())).out, 'GET / HTTP/1.1\r\n\r\n');
  socket.destroy();
});

test('stdin sent together with the request is not lost', async (t) => {
  const id = await start(daemon, { Cmd: ['cat'], OpenStdin: true, StdinOnce: true });
  const socket = connect({ path: daemon.socket, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = ended(socket);
  socket.end(
    `POST /containers/${id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly`,
  );
  await end;
  t.is(splitFrames(bodyOf(Buffer.concat(chunks))).out, 'early');
  socket.destroy();
});

test('old clients are not told of frames, and get them', async (t) => {
  const id = await create(daemon, { Cmd: ['echo', 'x'] });
  const { socket, received } = attach(id, { version: 'v1.41' });
  const end = ended(socket);
  await waitFor('the upgrade', () => received().includes('\r\n\r\n'));
  await daemon.api('POST', `/containers/${id}/start`);
  await end;
  t.regex(received().toString('latin1'), /Content-Type: application\/vnd\.docker\.raw-stream/);
  t.is(splitFrames(bodyOf(received())).out, 'x\n');
  socket.destroy();
});

test('stdin stays open for the next client unless it was for one only', async (t) => {
  const id = await start(daemon, { Cmd: ['cat'], OpenStdin: true });
  const first = attach(id);
  await waitFor('the upgrade', () => first.received().includes('\r\n\r\n'));
  first.socket.end('one\n');
  await waitFor('its echo', () => first.received().includes('one\n', first.received().indexOf('\r\n\r\n')));
  first.socket.destroy();
  t.is((await inspect<ContainerInspect>(daemon, id)).State.Status, 'running');
  const second = attach(id);
  await waitFor('the upgrade', () => second.received().includes('\r\n\r\n'));
  second.socket.write('two\n');
  await waitFor('its echo', () => second.received().includes('two\n'));
  second.socket.destroy();
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('what was logged before comes first when asked for', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['echo', 'past'] });
  const { socket, received } = attach(id, { query: 'logs=1&stdout=1' });
  await ended(socket);
  t.is(splitFrames(bodyOf(received())).out, 'past\n');
  socket.destroy();
});

test('a client that does not read holds back its container, and nobody else', async (t) => {
  const id = await create(daemon, { Cmd: ['sh', '-c', 'yes | head -c 5000000'] });
  const { socket } = attach(id);
  socket.pause();
  await daemon.api('POST', `/containers/${id}/start`);
  t.is((await runToEnd(daemon, { Cmd: ['true'] })).code, 0);
  t.is((await inspect<ContainerInspect>(daemon, id)).State.Status, 'running');
  socket.destroy();
  t.deepEqual((await daemon.api('POST', `/containers/${id}/wait`)).json(), { StatusCode: 0 });
});

test('many short containers at once', async (t) => {
  const codes = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const { id, code } = await runToEnd(daemon, { Cmd: ['sh', '-c', `echo ${index}; exit ${index}`] });
      return [code, (await logs(daemon, id)).out];
    }),
  );
  t.deepEqual(
    codes,
    Array.from({ length: 20 }, (_, index) => [index, `${index}\n`]),
  );
});

// ---- lists -------------------------------------------------------------------------------------------------------

test('lists hold what clients look for', async (t) => {
  const name = unique();
  const id = await start(daemon, { Cmd: ['sleep', '1000'], Labels: { mine: name } }, name);
  const filters = encodeURIComponent(JSON.stringify({ label: { [`mine=${name}`]: true } }));
  const [row, ...others] = (await daemon.api('GET', `/containers/json?filters=${filters}&size=1`)).json<
    ContainerSummary[]
  >();
  t.deepEqual(others, []);
  t.like(row, { Id: id, Names: [`/${name}`], Image: 'busybox', Command: 'sleep 1000', State: 'running' });
  t.regex(row?.Status ?? '', /^Up /);
  t.deepEqual(row?.Labels, { made: 'for tests', mine: name });
  t.is(typeof row?.Created, 'number');
  t.deepEqual(row?.Ports, [{ PrivatePort: 80, Type: 'tcp' }]);
  t.true((row?.SizeRootFs ?? 0) > 500_000);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('names are found by prefix, name and slash, and a taken name is a conflict', async (t) => {
  const name = unique();
  const id = await create(daemon, { Cmd: ['true'] }, name);
  for (const reference of [id, id.slice(0, 20), name, `%2F${name}`]) {
    t.is((await daemon.api('GET', `/containers/${reference}/json`)).json<ContainerInspect>().Id, id);
  }
  const again = await daemon.api('POST', `/containers/create?name=${name}`, { Image: 'busybox' });
  t.is(again.status, 409);
  t.is(
    messageOf(again.text),
    `Conflict. The container name "/${name}" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
});

// ---- what is refused ---------------------------------------------------------------------------------------------

const REFUSED: [string, string, unknown, number, RegExp][] = [
  ['POST', '/containers/create', { Image: 'nosuchimage' }, 404, /^No such image: nosuchimage:latest$/],
  ['POST', '/containers/create', undefined, 400, /EOF/],
  ['POST', '/containers/create', {}, 400, /^Config cannot be empty in order to create a container$/],
  ['POST', '/containers/create', { Image: 'busybox', Env: 'A=b' }, 400, /Env must be a list of strings/],
  ['POST', '/containers/create', { Image: 'busybox', HostConfig: { Memory: 1 } }, 400, /Minimum memory limit/],
  [
    'POST',
    '/containers/create',
    { Image: 'busybox', HostConfig: { NetworkMode: 'nosuchnet' } },
    404,
    /network nosuchnet not found/,
  ],
  ['POST', '/containers/create?platform=linux%2Fs390x', { Image: 'busybox' }, 404, /platform/],
  ['GET', '/containers/nosuch/json', undefined, 404, /^No such container: nosuch$/],
  ['POST', '/containers/nosuch/start', undefined, 404, /^No such container: nosuch$/],
  ['POST', '/containers/nosuch/wait', undefined, 404, /^No such container: nosuch$/],
  ['POST', '/containers/nosuch/attach', undefined, 404, /^No such container: nosuch$/],
  ['GET', '/containers/nosuch/logs?stdout=1', undefined, 404, /^No such container: nosuch$/],
  ['DELETE', '/containers/nosuch', undefined, 404, /^No such container: nosuch$/],
  ['GET', '/containers/json?filters=%7B%22colour%22%3A%5B%22red%22%5D%7D', undefined, 400, /^invalid filter 'colour'$/],
  ['GET', '/containers/json?limit=x', undefined, 400, /^strconv.Atoi: parsing "x": invalid syntax$/],
  ['GET', '/events?filters=%7B%22colour%22%3A%5B%22red%22%5D%7D', undefined, 400, /^invalid filter 'colour'$/],
  ['GET', '/nosuchroute', undefined, 404, /^page not found$/],
  ['GET', '/v1.23/info', undefined, 400, /too old/],
  ['GET', '/v1.99/info', undefined, 400, /too new/],
  ['GET', '/swarm', undefined, 503, /^This node is not a swarm manager/],
  ['GET', '/services', undefined, 503, /swarm manager/],
  ['GET', '/nodes/x', undefined, 503, /swarm manager/],
  ['POST', '/session', undefined, 404, /page not found/],
  ['GET', '/networks/nosuch', undefined, 404, /^network nosuch not found$/],
  ['GET', '/containers/%E0%A4%A/json', undefined, 400, /./],
];
for (const [method, path, body, status, message] of REFUSED) {
  test(`${method} ${path} ${JSON.stringify(body) ?? ''} is ${status}`, async (t) => {
    const answer = await daemon.api(method, path, body);
    t.is(answer.status, status, answer.text);
    t.regex(messageOf(answer.text), message);
  });
}

test('a body that is too large, or no JSON, is refused and the connection goes on', async (t) => {
  const large = await call({
    target: daemon.socket,
    method: 'POST',
    path: '/containers/create',
    body: { Image: 'x'.repeat(5 << 20) },
  });
  t.is(large.status, 400);
  const headers = { 'content-type': 'application/json' };
  const broken = await call({ target: daemon.socket, method: 'POST', path: '/containers/create', body: '{', headers });
  t.regex(messageOf(broken.text), /^invalid JSON/);
  const text = await call({ target: daemon.socket, method: 'POST', path: '/containers/create', body: '{}' });
  t.regex(messageOf(text.text), /must be 'application\/json'/);
});

test('what cannot be done with a container in its state is a conflict', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['true'] });
  for (const [method, path] of [
    ['POST', 'kill'],
    ['POST', 'resize?h=1&w=1'],
    ['GET', 'top'],
  ] as const) {
    const answer = await daemon.api(method, `/containers/${id}/${path}`);
    t.is(answer.status, 409);
    t.regex(messageOf(answer.text), new RegExp(`container ${id} is not running`));
  }
  t.regex(messageOf((await daemon.api('POST', `/containers/${id}/kill?signal=NOPE`)).text), /^invalid signal: NOPE$/);
  t.regex(messageOf((await daemon.api('POST', `/containers/${id}/wait?condition=x`)).text), /^invalid condition: "x"$/);
});

test('every answer says who gives it', async (t) => {
  for (const path of ['/_ping', '/nosuchroute', '/v1.23/info']) {
    const { headers } = await daemon.api('GET', path);
    t.regex(String(headers['server']), /^Docker\/\S+ \(linux\)$/);
    t.is(headers['api-version'], '1.51');
    t.is(headers['ostype'], 'linux');
  }
  const ping = await daemon.api('HEAD', '/_ping');
  t.is(ping.text, '');
  t.like(ping.headers, { 'builder-version': '1', swarm: 'inactive', 'docker-experimental': 'false' });
});

test('the socket is 0660', (t) => {
  t.is(statSync(daemon.socket).mode & 0o777, 0o660);
});
