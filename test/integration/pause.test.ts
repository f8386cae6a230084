// pause and unpause through the API, by what the freezer does to the processes. Needs root.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect, ContainerSummary } from '../../src/types/container.ts';
import { cgroupDirectory, cgroupFile, unified } from '../helpers/cgroup.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, ENDS_THEM, inspect, killWithContainers, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const SPIN = { Cmd: ['sh', '-c', 'while :; do :; done'] };

const post = (id: string, verb: string) => daemon.api('POST', `/containers/${id}/${verb}`);
const state = async (id: string) => (await inspect<ContainerInspect>(daemon, id)).State;
const message = (text: string): string => (JSON.parse(text) as { message: string }).message;

/** Clock ticks that a process has used. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

const frozen = (pid: number): boolean =>
  unified
    ? /frozen 1/.test(readFileSync(`${cgroupDirectory(pid, 'freezer')}/cgroup.events`, 'utf8'))
    : cgroupFile(pid, { controller: 'freezer', v1: 'freezer.state', v2: '' }) === 'FROZEN';

/** Actions of a container's events so far. */
async function actions(id: string): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ container: [id] }));
  const answer = await daemon.api('GET', `/events?since=1&until=${Date.now() / 1000}&filters=${filters}`);
  return answer.text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { Action: string }).Action);
}

test('a paused container uses no processor time, and goes on when it is unpaused', async (t) => {
  const id = await start(daemon, SPIN);
  const { Pid: pid } = await state(id);
  t.is((await post(id, 'pause')).status, 204);
  t.true(frozen(pid));
  t.like(await state(id), { Status: 'paused', Running: true, Paused: true, Pid: pid });
  const before = ticks(pid);
  await sleep(200);
  t.is(ticks(pid), before);
  const [listed] = (await daemon.api('GET', `/containers/json?filters={"id":["${id}"]}`)).json<ContainerSummary[]>();
  t.regex(listed?.Status ?? '', /^Up .* \(Paused\)$/);
  t.is((await post(id, 'unpause')).status, 204);
  t.false(frozen(pid));
  t.like(await state(id), { Status: 'running', Paused: false });
  await waitFor('it goes on', async () => ticks(pid) > before);
  t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
  t.deepEqual(
    (await actions(id)).filter((one) => /pause/.test(one)),
    ['pause', 'unpause'],
  );
});

test('pause and unpause are refused in the words of Docker when there is nothing to do', async (t) => {
  const id = await create(daemon, SPIN);
  const answer = await post(id, 'pause');
  t.is(answer.status, 409);
  t.is(message(answer.text), `container ${id} is not running`);
  await post(id, 'start');
  t.regex(message((await post(id, 'unpause')).text), /is not paused$/);
  await post(id, 'pause');
  t.regex(message((await post(id, 'pause')).text), /is already paused$/);
  t.regex(message((await post(id, 'start')).text), /cannot start a paused container, try unpause instead/);
  const refused = await daemon.api('DELETE', `/containers/${id}`);
  t.is(refused.status, 409);
  t.regex(message(refused.text), /container is paused and must be unpaused first/);
  t.is((await daemon.api('DELETE', `/containers/${id}?force=1`)).status, 204);
});

for (const verb of ['kill', 'stop?t=5']) {
  test(`${verb} of a paused container ends it at once`, async (t) => {
    const id = await start(daemon, { Cmd: ['sh', '-c', 'trap "exit 3" TERM; while :; do sleep 0.05; done'] });
    await sleep(200);
    await post(id, 'pause');
    const before = performance.now();
    t.is((await post(id, verb)).status, 204);
    t.true(performance.now() - before < 4000);
    t.like(await state(id), { Status: 'exited', Paused: false, ExitCode: verb === 'kill' ? 137 : 3 });
    const events = (await actions(id)).slice(-5);
    t.true(events.indexOf('kill') < events.indexOf('unpause') && events.indexOf('unpause') < events.indexOf('die'));
    await daemon.api('DELETE', `/containers/${id}`);
  });
}

test('a signal that does not end a paused container waits until it is unpaused', async (t) => {
  const id = await start(daemon, {
    Cmd: ['sh', '-c', 'trap "exit 4" USR1; while :; do sleep 0.05; done'],
    StopSignal: 'SIGTERM',
  });
  await sleep(200);
  await post(id, 'pause');
  t.is((await post(id, 'kill?signal=USR1')).status, 204);
  t.is((await state(id)).Status, 'paused');
  await post(id, 'unpause');
  t.deepEqual((await post(id, 'wait')).json(), { StatusCode: 4 });
  await daemon.api('DELETE', `/containers/${id}`);
});

test('a paused container is cleared away when it was killed with its daemon', async (t) => {
  const other = await startWithBusybox(t);
  const id = await start(other, SPIN);
  await other.api('POST', `/containers/${id}/pause`);
  await killWithContainers(other);
  await other.start();
  t.like((await inspect<ContainerInspect>(other, id)).State, { Status: 'exited', ExitCode: 137, Paused: false });
});

test('a paused container is stopped at the end of the daemon', async (t) => {
  const other = await startWithBusybox(t, ENDS_THEM);
  const id = await start(other, { Cmd: ['sh', '-c', 'trap "exit 8" TERM; while :; do sleep 0.05; done'] });
  await sleep(200);
  await other.api('POST', `/containers/${id}/pause`);
  await other.stop();
  await other.start();
  t.like((await inspect<ContainerInspect>(other, id)).State, { Status: 'exited', ExitCode: 8, Paused: false });
});
