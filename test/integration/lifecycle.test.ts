// The life of a container: its init, the signals it gets, who waits for it, and who attaches to it.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect, WaitResponse } from '../../src/types/container.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Daemon, OWN_RUNTIME } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { call } from '../helpers/http.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { actionsOf, eventsOf, execute, statusOf } from './exec.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const unique = (): string => `t${randomBytes(6).toString('hex')}`;
const look = (id: string): Promise<ContainerInspect> => inspect<ContainerInspect>(daemon, id);
const post = (id: string, verb: string) => daemon.api('POST', `/containers/${id}/${verb}`);
const remove = (id: string) => daemon.api('DELETE', `/containers/${id}?force=1`);
const INIT = { HostConfig: { Init: true } };

/** Host pids of a process's children. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

test('--init: an init of ours is process 1, the program its child', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'], ...INIT });
  const { Pid } = (await look(id)).State;
  t.is(statusOf(Pid, 'NSpid').split(/\s+/).at(-1), '1');
  t.not(statusOf(Pid, 'Name'), 'sleep');
  const children = childrenOf(Pid);
  t.deepEqual(
    children.map((pid) => statusOf(pid, 'Name')),
    ['sleep'],
  );
  await remove(id);
});

test('--init: orphans are reaped, which a program that is process 1 itself does not do', async (t) => {
  const orphan = ['sh', '-c', '(sleep 0.3 &); exec sleep 100000'];
  const zombiesOf = async (body: object): Promise<number> => {
    const id = await start(daemon, { Cmd: orphan, ...body });
    await sleep(1000);
    const { out } = await execute(daemon, id, ['sh', '-c', 'grep -l "State:.Z" /proc/[0-9]*/status | wc -l']);
    await remove(id);
    return Number(out);
  };
  t.is(await zombiesOf(INIT), 0);
  t.true((await zombiesOf({})) > 0);
});

test('--init: signals reach the program, and its end is that of the container', async (t) => {
  const trap = await start(daemon, { Cmd: ['sh', '-c', 'trap "exit 6" TERM; while :; do sleep 0.05; done'], ...INIT });
  await sleep(200);
  t.is((await post(trap, 'stop')).status, 204);
  t.is((await look(trap)).State.ExitCode, 6);
  // As process 1 it would not hear what it has no handler for.
  const plain = await start(daemon, { Cmd: ['sleep', '100000'], ...INIT });
  const begun = performance.now();
  t.is((await post(plain, 'stop')).status, 204);
  t.true(performance.now() - begun < 5000);
  t.is((await look(plain)).State.ExitCode, 143);
  t.is((await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 9'], ...INIT })).code, 9);
});

/** Others than ours look for the init alone, and the container starts. */
needing(test, OWN_RUNTIME)('--init: a missing program is told as without', async (t) => {
  const id = await create(daemon, { Cmd: ['nosuchprogram'], ...INIT });
  const answer = await post(id, 'start');
  t.is(answer.status, 400);
  t.regex(answer.text, /executable file not found/);
  t.is((await look(id)).State.ExitCode, 127);
  await remove(id);
});

test('--init: with a terminal', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'tty; exit 0'], Tty: true, ...INIT });
  const answer = await daemon.api('GET', `/containers/${id}/logs?stdout=1`);
  t.regex(answer.text, /^\/dev\/(console|pts\/\d+)\r\n$/);
});

const SAYING = [
  'sh',
  '-c',
  'trap "exit 1" HUP; trap "exit 2" INT; trap "exit 10" USR1; trap "exit 15" TERM; while :; do sleep 0.05; done',
];
const SIGNALS: [string, number, string][] = [
  ['HUP', 1, '1'],
  ['SIGHUP', 1, '1'],
  ['sigint', 2, '2'],
  ['2', 2, '2'],
  ['usr1', 10, '10'],
  ['15', 15, '15'],
  ['9', 137, '9'],
  ['SIGKILL', 137, '9'],
  ['RTMIN', 128 + 34, '34'],
  ['SIGRTMIN+3', 128 + 37, '37'],
  ['SIGRTMAX', 128 + 64, '64'],
];
for (const [name, code, number] of SIGNALS) {
  test(`kill --signal ${name} sends ${number}`, async (t) => {
    // Behind an init, where a signal without a handler has its effect.
    const id = await start(daemon, { Cmd: SAYING, ...INIT });
    await sleep(300);
    t.is((await post(id, `kill?signal=${encodeURIComponent(name)}`)).status, 204);
    const { StatusCode } = (await post(id, 'wait')).json<WaitResponse>();
    t.is(StatusCode, code);
    const kill = (await eventsOf(daemon, id)).find(({ Action }) => Action === 'kill');
    t.is(kill?.Actor.Attributes['signal'], number);
    await remove(id);
  });
}

for (const name of ['NOPE', '0', '65', '-1', '9x', 'SIG', 'RTMIN+31']) {
  test(`kill --signal ${name} is refused`, async (t) => {
    const id = await start(daemon, { Cmd: ['sleep', '100000'] });
    const answer = await post(id, `kill?signal=${encodeURIComponent(name)}`);
    t.is(answer.status, 400);
    t.regex(answer.text, /invalid signal/i);
    t.true((await look(id)).State.Running);
    await remove(id);
  });
}

test('stop uses signal and time of the image, then those of the container, then those of the request', async (t) => {
  const name = unique();
  const image = await busyboxImage({ config: { StopSignal: 'SIGUSR1', Cmd: SAYING } });
  const body = dockerArchive(image, [`${name}:latest`]);
  t.is((await call({ target: daemon.socket, method: 'POST', path: '/images/load', body })).status, 200);
  const codeAfterStop = async (config: object, query = ''): Promise<number> => {
    const id = await start(daemon, { Image: name, ...config });
    await sleep(300);
    await post(id, `stop${query}`);
    const { ExitCode } = (await look(id)).State;
    await remove(id);
    return ExitCode;
  };
  t.is(await codeAfterStop({}), 10);
  t.is(await codeAfterStop({ StopSignal: 'INT' }), 2);
  t.is(await codeAfterStop({ StopSignal: 'INT' }, '?signal=HUP'), 1);
  const begun = performance.now();
  t.is(
    await codeAfterStop({
      StopSignal: 'SIGUSR2',
      StopTimeout: 1,
      Cmd: ['sh', '-c', 'trap "" USR2; while :; do sleep 0.05; done'],
    }),
    137,
  );
  t.true(performance.now() - begun < 8000);
});

test('wait: next-exit is the next end, not the last one', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'test -e /once && exit 2; touch /once; exit 1'] });
  t.deepEqual((await post(id, 'wait')).json(), { StatusCode: 1 });
  const next = await daemon.stream('POST', `/containers/${id}/wait?condition=next-exit`);
  await post(id, 'start');
  let text = '';
  for await (const chunk of next) text += chunk;
  t.deepEqual(JSON.parse(text), { StatusCode: 2 });
  await remove(id);
});

test('wait: removed is told by the removal, whoever removes it, and so is everyone else', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 3'] });
  const streams = await Promise.all(
    ['removed', 'next-exit'].map((condition) => daemon.stream('POST', `/containers/${id}/wait?condition=${condition}`)),
  );
  await remove(id);
  for (const stream of streams) {
    let text = '';
    for await (const chunk of stream) text += chunk;
    t.deepEqual(JSON.parse(text), { StatusCode: 3 });
  }
  t.is((await post(id, 'wait')).status, 404);
  t.is((await post(id, 'wait?condition=removed')).status, 404);
});

test('wait: a condition that does not exist, and a client that goes away', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'] });
  const answer = await post(id, 'wait?condition=sometime');
  t.is(answer.status, 400);
  t.deepEqual(answer.json(), { message: 'invalid condition: "sometime"' });
  const stream = await daemon.stream('POST', `/containers/${id}/wait`);
  stream.destroy();
  await remove(id);
});

for (const cli of dockerClis()) {
  test(`${cli}: attach: what is typed, the keys that leave, and coming back`, async (t) => {
    const docker = daemon.docker(cli);
    const name = unique();
    await docker.ok(['run', '-dit', '--name', name, 'busybox', 'sh']);
    const first = docker.terminal(t, ['attach', '--detach-keys', 'ctrl-a,d', name]);
    await sleep(300);
    first.type('echo first-$((1+1))\n');
    await first.expect(/first-2/);
    first.type('\x01d');
    await first.exited;
    t.true((await look(name)).State.Running);
    const second = docker.terminal(t, ['attach', name]);
    await sleep(300);
    second.type('exit 8\n');
    t.is(await second.exited, 8);
    const events = (await eventsOf(daemon, name)).map(({ Action }) => Action);
    t.is(events.filter((action) => action === 'attach').length, 2);
    await docker.ok(['rm', '-f', name]);
  });

  test(`${cli}: --init, --stop-signal, --stop-timeout and wait`, async (t) => {
    const docker = daemon.docker(cli);
    const name = unique();
    await docker.ok([
      'run',
      '-d',
      '--init',
      '--name',
      name,
      '--stop-signal',
      'USR1',
      '--stop-timeout',
      '3',
      'busybox',
      ...SAYING,
    ]);
    await sleep(300);
    const waiting = docker.ok(['wait', name]);
    await sleep(100);
    await docker.ok(['stop', name]);
    t.is(await waiting, '10');
    await docker.ok(['rm', name]);
  });
}

test('attach with logs replays what was written before, then goes on', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'echo before; read line; echo "after $line"'], OpenStdin: true });
  await waitFor('the first line', async () => (await logs(daemon, id)).out === 'before\n');
  const shown = daemon.tsker.run(['attach', '--no-stdin', id]);
  await waitFor('who only looks', async () => (await actionsOf(daemon, id)).includes('attach'));
  const replayed = await daemon.stream('POST', `/containers/${id}/attach?logs=1&stream=1&stdout=1&stderr=1`);
  const writer = await daemon.tsker.run(['attach', id], { input: 'x\n' });
  t.is(writer.code, 0);
  let text = '';
  for await (const chunk of replayed) text += chunk;
  t.regex(text, /before\n.*after x\n/s);
  t.regex((await shown).stdout, /after x/);
  await remove(id);
});
