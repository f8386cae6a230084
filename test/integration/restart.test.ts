// restart, restart policies, rename and prune: what is told, what is stored, and what runs.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect, ContainerSummary, ContainersPruneResponse } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, isKept, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { actionsOf, eventsOf } from './exec.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const unique = (): string => `t${randomBytes(6).toString('hex')}`;
const look = (id: string): Promise<ContainerInspect> => inspect<ContainerInspect>(daemon, id);
const post = (id: string, verb: string) => daemon.api('POST', `/containers/${id}/${verb}`);
const remove = (id: string) => daemon.api('DELETE', `/containers/${id}?force=1`);
/** Ends on SIGTERM at once. */
const OBEDIENT = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'];
const policy = (Name: string, MaximumRetryCount = 0) => ({
  HostConfig: { RestartPolicy: { Name, MaximumRetryCount } },
});

async function listed(id: string): Promise<ContainerSummary | undefined> {
  const filters = encodeURIComponent(JSON.stringify({ id: [id] }));
  return (await daemon.api('GET', `/containers/json?all=1&filters=${filters}`)).json<ContainerSummary[]>()[0];
}

test('restart stops and starts, with the events in order', async (t) => {
  const id = await start(daemon, { Cmd: OBEDIENT });
  const before = (await look(id)).State;
  await sleep(200);
  t.is((await post(id, 'restart?t=5')).status, 204);
  const after = (await look(id)).State;
  t.true(after.Running);
  t.not(after.Pid, before.Pid);
  t.true(isKept(daemon, after.Pid));
  const actions = await actionsOf(daemon, id);
  t.deepEqual(actions, ['create', 'start', 'kill', 'die', 'stop', 'start', 'restart']);
  await remove(id);
});

test('restart kills what does not end in time', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'] });
  await sleep(200);
  t.is((await post(id, 'restart?t=1')).status, 204);
  const events = await eventsOf(daemon, id);
  t.deepEqual(
    events.map(({ Action }) => Action),
    ['create', 'start', 'kill', 'kill', 'die', 'stop', 'start', 'restart'],
  );
  t.is(events.find(({ Action }) => Action === 'die')?.Actor.Attributes['exitCode'], '137');
  await remove(id);
});

test('restart uses the signal it is given', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'trap "exit 7" USR1; while :; do sleep 0.05; done'] });
  await sleep(200);
  t.is((await post(id, 'restart?signal=USR1')).status, 204);
  const events = await eventsOf(daemon, id);
  t.is(events.find(({ Action }) => Action === 'kill')?.Actor.Attributes['signal'], '10');
  t.is(events.find(({ Action }) => Action === 'die')?.Actor.Attributes['exitCode'], '7');
  await remove(id);
});

test('restart of one that does not run is a start', async (t) => {
  const id = await create(daemon, { Cmd: ['sleep', '100000'] });
  t.is((await post(id, 'restart')).status, 204);
  t.deepEqual(await actionsOf(daemon, id), ['create', 'start', 'restart']);
  await remove(id);
});

test('restart of a paused one goes through', async (t) => {
  const id = await start(daemon, { Cmd: OBEDIENT });
  await post(id, 'pause');
  t.is((await post(id, 'restart?t=5')).status, 204);
  t.like((await look(id)).State, { Running: true, Paused: false });
  await remove(id);
});

test('--rm does not remove what is restarted, and does when it is stopped', async (t) => {
  const id = await start(daemon, { Cmd: OBEDIENT, HostConfig: { AutoRemove: true } });
  t.is((await post(id, 'restart?t=0')).status, 204);
  t.true((await look(id)).State.Running);
  await post(id, 'stop?t=0');
  await waitFor('the removal', async () => (await daemon.api('GET', `/containers/${id}/json`)).status === 404);
  t.deepEqual((await actionsOf(daemon, id)).slice(-3), ['die', 'stop', 'destroy']);
});

test('restart of what is not there is 404', async (t) => {
  t.is((await post('nosuch', 'restart')).status, 404);
});

test('rename: another name at once, for lists, inspect and look-ups, running or not', async (t) => {
  const [first, second] = [unique(), unique()];
  const id = await start(daemon, { Cmd: ['sleep', '100000'] }, first);
  t.is((await post(first, `rename?name=${second}`)).status, 204);
  t.is((await look(second)).Name, `/${second}`);
  t.is((await daemon.api('GET', `/containers/${first}/json`)).status, 404);
  t.deepEqual((await listed(id))?.Names, [`/${second}`]);
  const event = (await eventsOf(daemon, id)).find(({ Action }) => Action === 'rename');
  t.like(event?.Actor.Attributes, { oldName: `/${first}`, name: second });
  t.is((await post(second, 'kill')).status, 204);
  t.is((await post(second, `rename?name=/${first}`)).status, 204);
  t.is((await look(first)).Id, id);
  await remove(id);
});

test('rename refuses what Docker refuses, in its words', async (t) => {
  const [mine, other] = [unique(), unique()];
  const id = await create(daemon, { Cmd: ['true'] }, mine);
  const holder = await create(daemon, { Cmd: ['true'] }, other);
  const answers: [string, number, string][] = [
    [
      other,
      409,
      `Error when allocating new name: Conflict. The container name "/${other}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
    ],
    [mine, 400, 'Renaming a container with the same name as its current name'],
    ['', 400, 'Neither old nor new names may be empty'],
    [
      'a%20b',
      400,
      'Error when allocating new name: Invalid container name (/a b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
    ],
  ];
  for (const [name, status, message] of answers) {
    const answer = await post(id, `rename?name=${name}`);
    t.deepEqual([answer.status, answer.json()], [status, { message }]);
  }
  await remove(id);
  await remove(holder);
});

test('always: started again after each end, with the state and the events of Docker', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'exit 3'], ...policy('always') });
  await waitFor('three restarts', async () => (await look(id)).RestartCount >= 3);
  const seen = await waitFor('a pause between two runs', async () => {
    const found = await look(id);
    return found.State.Restarting ? found : undefined;
  });
  t.like(seen.State, { Status: 'restarting', Running: true, Restarting: true, Pid: 0, ExitCode: 3 });
  t.regex((await listed(id))?.Status ?? '', /^Restarting \(3\) .* ago$/);
  const actions = await actionsOf(daemon, id);
  t.deepEqual(actions.slice(0, 5), ['create', 'start', 'die', 'start', 'die']);
  t.false(actions.includes('restart'));
  await remove(id);
});

test('the time between runs doubles', async (t) => {
  const id = await start(daemon, { Cmd: ['true'], ...policy('always') });
  await waitFor('five restarts', async () => (await look(id)).RestartCount >= 5);
  const events = await eventsOf(daemon, id);
  const times = (action: string) =>
    events.filter(({ Action }) => Action === action).map(({ timeNano }) => timeNano / 1e6);
  const [starts, ends] = [times('start'), times('die')];
  const gaps = ends.slice(0, 4).map((end, index) => (starts[index + 1] ?? 0) - end);
  for (const [index, gap] of gaps.entries()) {
    // How much later depends on the machine.
    const wanted = 100 * 2 ** index;
    t.true(gap >= wanted - 5, `${gap} ms instead of ${wanted}`);
  }
  await remove(id);
});

test('on-failure: so many times, and the last exit code stays', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'exit 4'], ...policy('on-failure', 2) });
  await waitFor('the end', async () => (await look(id)).State.Status === 'exited');
  t.like(await look(id), { RestartCount: 2 });
  t.is((await look(id)).State.ExitCode, 4);
  const starts = async (): Promise<number> =>
    (await actionsOf(daemon, id)).filter((action) => action === 'start').length;
  t.is(await starts(), 3);
  // The user's start counts anew.
  await post(id, 'start');
  await waitFor('the second end', async () => (await starts()) === 6 && (await look(id)).State.Status === 'exited');
  t.like(await look(id), { RestartCount: 2 });
  await remove(id);
});

test('on-failure: a success is the end', async (t) => {
  const { id } = await runToEnd(daemon, { Cmd: ['true'], ...policy('on-failure') });
  await sleep(300);
  t.like(await look(id), { RestartCount: 0 });
  t.is((await look(id)).State.Status, 'exited');
  await remove(id);
});

for (const name of ['always', 'unless-stopped']) {
  test(`${name}: stop and kill are the end, a crash is not`, async (t) => {
    const id = await start(daemon, { Cmd: ['sleep', '100000'], ...policy(name) });
    process.kill((await look(id)).State.Pid, 'SIGKILL');
    await waitFor('the restart', async () => (await look(id)).RestartCount === 1 && (await look(id)).State.Pid > 0);
    t.is((await post(id, 'kill')).status, 204);
    await sleep(300);
    t.is((await look(id)).State.Status, 'exited');
    await post(id, 'start');
    t.is((await look(id)).RestartCount, 0);
    t.is((await post(id, 'stop?t=0')).status, 204);
    await sleep(300);
    t.is((await look(id)).State.Status, 'exited');
    await remove(id);
  });
}

// What Docker makes of `docker kill -s HUP`: an image without a stop signal is not started again after any of the user's.
const SIGNALLED: [string, string | undefined, boolean][] = [
  ['always', undefined, false],
  ['on-failure', undefined, false],
  ['always', 'SIGTERM', true],
  ['on-failure', 'SIGTERM', true],
  ['unless-stopped', 'SIGTERM', false],
];
for (const [name, StopSignal, isAgain] of SIGNALLED) {
  test(`${name} after SIGHUP of the user's, with the stop signal ${StopSignal}: ${isAgain}`, async (t) => {
    const id = await start(daemon, {
      Cmd: ['sh', '-c', 'trap "exit 6" HUP; echo ready; while :; do sleep 0.05; done'],
      ...policy(name),
      ...(StopSignal === undefined ? {} : { StopSignal }),
    });
    await waitFor('the trap', async () => (await logs(daemon, id)).out === 'ready\n');
    t.is((await post(id, 'kill?signal=HUP')).status, 204);
    if (isAgain) await waitFor('the restart', async () => (await look(id)).RestartCount === 1);
    else await waitFor('the end', async () => (await look(id)).State.Status === 'exited');
    t.is((await look(id)).RestartCount, isAgain ? 1 : 0);
    await remove(id);
  });
}

/** Waits until it is between two runs, for long enough to be stopped there. */
async function betweenRuns(): Promise<string> {
  const id = await start(daemon, { Cmd: ['false'], ...policy('always') });
  await waitFor('a long pause', async () => {
    const { RestartCount, State } = await look(id);
    return RestartCount >= 4 && State.Restarting;
  });
  return id;
}

test('stop between two runs: no run follows, and those who wait are told', async (t) => {
  const id = await betweenRuns();
  const waiting = post(id, 'wait');
  t.is((await post(id, 'stop')).status, 204);
  t.deepEqual((await waiting).json(), { StatusCode: 1 });
  t.like((await look(id)).State, { Status: 'exited', ExitCode: 1, Running: false });
  const count = (await actionsOf(daemon, id)).length;
  await sleep(2000);
  t.is((await actionsOf(daemon, id)).length, count);
  t.is((await actionsOf(daemon, id)).at(-1), 'stop');
  await remove(id);
});

test('kill, rm, start, exec and restart between two runs', async (t) => {
  const killed = await betweenRuns();
  t.is((await post(killed, 'start')).status, 304);
  const exec = await daemon.api('POST', `/containers/${killed}/exec`, { Cmd: ['true'] });
  t.is(exec.status, 409);
  t.regex(exec.text, /is restarting, wait until the container is running/);
  const refused = await daemon.api('DELETE', `/containers/${killed}`);
  t.is(refused.status, 409);
  t.is((await post(killed, 'kill')).status, 204);
  t.is((await look(killed)).State.Status, 'exited');
  t.is((await daemon.api('DELETE', `/containers/${killed}`)).status, 204);

  const removed = await betweenRuns();
  t.is((await remove(removed)).status, 204);

  const restarted = await betweenRuns();
  t.is((await post(restarted, 'restart')).status, 204);
  t.true((await look(restarted)).RestartCount <= 1);
  await remove(restarted);
});

test('a restart that cannot be started ends the attempts, and says why', async (t) => {
  const id = await start(daemon, { Cmd: ['sh', '-c', 'rm -f /bin/sh; sleep 0.1'], ...policy('always') });
  await waitFor('the end', async () => (await look(id)).State.Status === 'exited');
  t.like((await look(id)).State, { ExitCode: 127 });
  t.regex((await look(id)).State.Error, /executable file not found|no such file/);
  await remove(id);
});

test('a policy and --rm exclude each other', async (t) => {
  const body = { Image: 'busybox', HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'always' } } };
  const answer = await daemon.api('POST', '/containers/create', body);
  t.is(answer.status, 400);
  t.regex(answer.text, /can't create 'AutoRemove' container with restart policy/);
});

test('prune removes what has ended and fits the filters, and adds up what it took', async (t) => {
  const [label, keep] = [unique(), unique()];
  const make = async (labels: object): Promise<string> =>
    (await runToEnd(daemon, { Cmd: ['sh', '-c', 'head -c 100000 /dev/zero > /file'], Labels: labels })).id;
  const gone = await make({ [label]: 'x' });
  const other = await make({ [label]: 'y' });
  const kept = await make({ [label]: 'x', [keep]: '' });
  const running = await start(daemon, { Cmd: ['sleep', '100000'], Labels: { [label]: 'x' } });
  const prune = async (filters: object): Promise<ContainersPruneResponse> =>
    (await daemon.api('POST', `/containers/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`)).json();
  t.deepEqual(await prune({ label: [label], until: ['1h'] }), { ContainersDeleted: null, SpaceReclaimed: 0 });
  const done = await prune({ label: [`${label}=x`], 'label!': [keep] });
  t.deepEqual(done.ContainersDeleted, [gone]);
  t.true(done.SpaceReclaimed >= 100_000 && done.SpaceReclaimed < 200_000);
  for (const id of [other, kept, running]) t.is((await daemon.api('GET', `/containers/${id}/json`)).status, 200);
  const bad = await daemon.api('POST', '/containers/prune?filters={"colour":["red"]}');
  t.is(bad.status, 400);
  for (const id of [other, kept, running]) await remove(id);
});

for (const cli of dockerClis()) {
  test(`${cli}: docker restart, rename and run --restart`, async (t) => {
    const docker = daemon.docker(cli);
    const [name, renamed] = [unique(), unique()];
    await docker.ok(['run', '-d', '--name', name, '--restart', 'on-failure:1', 'busybox', 'sleep', '100000']);
    t.is(await docker.ok(['restart', '-t', '0', name]), name);
    await docker.ok(['rename', name, renamed]);
    t.regex(await docker.ok(['ps', '--filter', `name=${renamed}`]), /Up /);
    process.kill((await look(renamed)).State.Pid, 'SIGKILL');
    await waitFor('the restart', async () => (await look(renamed)).RestartCount === 1);
    await docker.ok(['rm', '-f', renamed]);
    const label = unique();
    await docker.ok(['run', '--label', label, 'busybox', 'true']);
    t.regex(
      await docker.ok(['container', 'prune', '-f', '--filter', `label=${label}`]),
      /Deleted Containers:\n[0-9a-f]{64}/,
    );
  });
}
