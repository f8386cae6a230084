// Log drivers as users meet them: chosen on the command line or by the daemon, read with logs.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { InfoResponse } from '../../src/types/system.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, logs, rawLogs, runToEnd, splitFrames, start, startWithBusybox } from './daemon.harness.ts';
import { startUnixgramServer } from './logging.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const UNREADABLE = /configured logging driver does not support reading/;
const numbers = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, index) => `${first + index}\n`).join('');

function logging(type: string, config: Record<string, string> = {}) {
  return { HostConfig: { LogConfig: { Type: type, Config: config } } };
}

test('a full file is put away, and logs reads across the files', async (t) => {
  const options = ['--log-opt', 'max-size=10k', '--log-opt', 'max-file=3'];
  const id = await daemon.tsker.ok(['run', '-d', ...options, 'busybox', 'seq', '500']);
  await daemon.tsker.ok(['wait', id]);
  const { LogPath } = await inspect<ContainerInspect>(daemon, id);
  t.deepEqual(
    [LogPath, `${LogPath}.1`, `${LogPath}.2`, `${LogPath}.3`].map((path) => existsSync(path)),
    [true, true, true, false],
  );
  // The record that fills a file may exceed its size.
  t.true(statSync(`${LogPath}.1`).size < 11_000);
  const { out } = await logs(daemon, id);
  const first = Number(out.slice(0, out.indexOf('\n')));
  t.true(first > 1);
  t.is(out, numbers(first, 500));
  t.is((await logs(daemon, id, 'stdout=1&tail=250')).out, numbers(Math.max(first, 251), 500));
  await daemon.tsker.ok(['rm', id]);
});

test('a client that removes the container once it is answered reads the log to its end', async (t) => {
  const options = logging('json-file', { 'max-size': '300k', 'max-file': '9' });
  const { id } = await runToEnd(daemon, { Cmd: ['seq', '20000'], ...options });
  const asking = request({ socketPath: daemon.socket, path: `/v1.41/containers/${id}/logs?stdout=1&follow=1` }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  t.is((await daemon.api('DELETE', `/containers/${id}`)).status, 204);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  t.is(splitFrames(Buffer.concat(chunks)).out, numbers(1, 20_000));
});

test('who follows gets every line across rotations', async (t) => {
  const body = { Cmd: ['sh', '-c', 'for i in $(seq 400); do echo $i; usleep 500; done'] };
  const id = await start(daemon, { ...body, ...logging('json-file', { 'max-size': '4k', 'max-file': '2' }) });
  const { out } = await logs(daemon, id, 'stdout=1&follow=1');
  const first = Number(out.slice(0, out.indexOf('\n')));
  t.is(out, numbers(first, 400));
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('a second run continues the log of the first', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['echo', 'one'] });
  await daemon.api('POST', `/containers/${id}/start`);
  await daemon.api('POST', `/containers/${id}/wait`);
  t.is((await logs(daemon, id)).out, 'one\none\n');
  await daemon.api('DELETE', `/containers/${id}`);
});

test('the driver none keeps nothing, and the client is told', async (t) => {
  const result = await daemon.tsker.ok([
    'run',
    '--name',
    'unlogged',
    '--log-driver',
    'none',
    'busybox',
    'echo',
    'seen',
  ]);
  t.is(result.trim(), 'seen');
  const answer = await rawLogs(daemon, 'unlogged', 'stdout=1');
  t.is(answer.status, 501);
  t.regex(answer.text, UNREADABLE);
  await daemon.api('DELETE', '/containers/unlogged');
});

test('the driver local is read, from a terminal too', async (t) => {
  for (const Tty of [false, true]) {
    const { id } = await runToEnd(daemon, { Cmd: ['echo', 'kept'], Tty, ...logging('local') });
    t.is((await inspect<ContainerInspect>(daemon, id)).LogPath, '');
    t.deepEqual(readdirSync(join(daemon.root, 'containers', id, 'local-logs')), ['container.log']);
    t.regex((await rawLogs(daemon, id, 'stdout=1')).text, /kept\r?\n$/);
    await daemon.api('DELETE', `/containers/${id}`);
  }
});

test('lines go to a syslog server, and logs reads the cache', async (t) => {
  const server = await startUnixgramServer(t);
  const config = { 'syslog-address': server.address, tag: '{{.Name}}' };
  const { id } = await runToEnd(daemon, { Cmd: ['echo', 'hello'], ...logging('syslog', config) }, 'talker');
  await waitFor('the record', () => /hello/.test(server.text()));
  t.regex(server.text(), /^<30>.* talker\[\d+\]: hello/);
  t.is((await logs(daemon, id)).out, 'hello\n');
  await daemon.api('DELETE', `/containers/${id}`);
});

test('a server that is not there fails the start, which can be repeated', async (t) => {
  const id = await create(daemon, { Cmd: ['true'], ...logging('syslog', { 'syslog-address': 'tcp://127.0.0.1:1' }) });
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await daemon.api('POST', `/containers/${id}/start`);
    t.is(answer.status, 500);
    t.regex(answer.text, /failed to initialize logging driver/);
  }
  t.is((await inspect<ContainerInspect>(daemon, id)).State.Status, 'created');
  await daemon.api('DELETE', `/containers/${id}`);
});

test('a wrong name of a driver or an option is refused when a container is made', async (t) => {
  const refusals: readonly [object, string][] = [
    [logging('pigeon'), 'error looking up logging plugin pigeon: plugin "pigeon" not found'],
    [logging('json-file', { size: '1' }), "unknown log opt 'size' for json-file log driver"],
  ];
  for (const [body, message] of refusals) {
    const answer = await daemon.api('POST', '/containers/create', { Image: 'busybox', ...body });
    t.deepEqual([answer.status, answer.json()], [400, { message }]);
  }
});

test("the daemon's driver and options are those of containers that name none", async (t) => {
  const args = ['--log-driver', 'local', '--log-opt', 'max-size=1m'];
  const other = await startWithBusybox(t, { args });
  const info = (await other.api('GET', '/info')).json<InfoResponse>();
  t.is(info.LoggingDriver, 'local');
  t.deepEqual(info.Plugins.Log, ['json-file', 'local', 'syslog']);
  const { id } = await runToEnd(other, { Cmd: ['echo', 'kept'] });
  t.deepEqual((await inspect<ContainerInspect>(other, id)).HostConfig.LogConfig, {
    Type: 'local',
    Config: { 'max-size': '1m' },
  });
  t.is((await logs(other, id)).out, 'kept\n');
});

test('lines that are read at once have a time each, and follow each other', async (t) => {
  const script = 'seq 3000; seq 3001 6000 >&2; for i in $(seq 20); do echo $i; done';
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', script] });
  const { LogPath } = await inspect<ContainerInspect>(daemon, id);
  const times = readFileSync(LogPath, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { time: string }).time);
  t.is(times.length, 6020);
  t.deepEqual(times.toSorted(), times, 'in order');
  t.is(new Set(times).size, times.length, 'no two of them the same');
  await daemon.api('DELETE', `/containers/${id}`);
});

test('lines that a full ring did not take are counted in the log of the daemon', async (t) => {
  const body = logging('json-file', { mode: 'non-blocking', 'max-buffer-size': '1k' });
  const { id } = await runToEnd(daemon, { Cmd: ['seq', '200000'], ...body });
  await waitFor('the word of it', () => daemon.output().includes('lines of output are not in the log'));
  const said =
    daemon
      .output()
      .split('\n')
      .find((line) => line.includes('not in the log') && line.includes(id)) ?? '';
  const lost = Number(/lines\W{1,3}(\d+)/.exec(said)?.[1]);
  const kept = (await logs(daemon, id)).out.split('\n').length - 1;
  t.is(lost + kept, 200_000, said);
  await daemon.api('DELETE', `/containers/${id}`);
});

test('who attaches with the log gets every line once, whatever is written meanwhile', async (t) => {
  const script = 'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; done; printf end; read a; echo ing';
  const id = await start(daemon, { Cmd: ['sh', '-c', script], OpenStdin: true, StdinOnce: true });
  const attach = (query: string) =>
    daemon.stream('POST', `/containers/${id}/attach?stream=1&stdout=1&stderr=1&${query}`);
  const clients = await Promise.all(
    Array.from({ length: 6 }, async (_, index) => {
      await sleep(30 * index);
      return attach('logs=1');
    }),
  );
  const texts = clients.map(async (client) => {
    const chunks: Buffer[] = [];
    for await (const chunk of client as AsyncIterable<Buffer>) chunks.push(chunk);
    return splitFrames(Buffer.concat(chunks)).out;
  });
  await waitFor('all lines', async () => (await logs(daemon, id, 'stdout=1&tail=1')).out === '30000\n');
  // A client of stdin that goes away is its end.
  (await attach('stdin=1')).destroy();
  for (const text of await Promise.all(texts)) {
    t.is(text.length, numbers(1, 30_000).length + 7);
    t.true(text === `${numbers(1, 30_000)}ending\n`);
  }
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('the start of a line that has no end yet is not lost either', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'echo one; printf tw; read a; echo o'], OpenStdin: true });
  await waitFor('the first line', async () => (await logs(daemon, id)).out === 'one\n');
  const attached = await daemon.stream('POST', `/containers/${id}/attach?logs=1&stream=1&stdout=1`);
  let bytes = Buffer.alloc(0);
  attached.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  await waitFor('all that was written', () => bytes.length >= 2 * 8 + 6);
  t.is(splitFrames(bytes).out, 'one\ntw');
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('output that outlives its program is not in the way of the next run', async (t) => {
  const other = await start(daemon, { Cmd: ['sleep', '1000'] });
  const script = 'echo begun; (sleep 1000; echo late) & exit 0';
  const id = await create(daemon, {
    Cmd: ['sh', '-c', script],
    HostConfig: { PidMode: `container:${other}` },
  });
  const { LogPath } = await inspect<ContainerInspect>(daemon, id);
  for (const _ of [1, 2]) {
    t.is((await daemon.api('POST', `/containers/${id}/start`)).status, 204);
    await daemon.api('POST', `/containers/${id}/wait`);
  }
  const holders = readdirSync(`/proc/${daemon.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${daemon.pid}/fd/${fd}`) === LogPath;
    } catch {
      return false;
    }
  });
  t.true(holders.length <= 1, `${holders.length} descriptors write ${LogPath}`);
  t.is((await logs(daemon, id)).out, 'begun\nbegun\n');
  await daemon.api('DELETE', `/containers/${other}?force=1`);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('attach with the log of a driver that keeps none is refused before the stream begins', async (t) => {
  const id = await create(daemon, { Cmd: ['true'], ...logging('none') });
  const answer = await daemon.api('POST', `/containers/${id}/attach?logs=1&stream=1&stdout=1`);
  t.is(answer.status, 501);
  t.regex(answer.text, UNREADABLE);
  await daemon.api('DELETE', `/containers/${id}`);
});
