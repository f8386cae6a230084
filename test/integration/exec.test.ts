// exec through the API, and what it does in the kernel.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, isKept, splitFrames, start, startWithBusybox } from './daemon.harness.ts';
import {
  actionsOf,
  cgroupsOf,
  createExec,
  eventsOf,
  execute,
  inspectExec,
  namespacesOf,
  startExec,
  statusOf,
} from './exec.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let box: string;
test.before(async () => {
  daemon = await startWithBusybox(suite);
  box = await start(daemon, { Cmd: ['sleep', '100000'], Env: ['FROM=container'], WorkingDir: '/tmp' });
});

const mainPid = async (id: string): Promise<number> => (await inspect<ContainerInspect>(daemon, id)).State.Pid;

test('stdout and stderr come apart, and the exit code is kept', async (t) => {
  const outcome = await execute(daemon, box, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
  t.deepEqual(outcome, { out: 'out\n', err: 'err\n', code: 3 });
});

test('an attached stream alone is sent', async (t) => {
  const outcome = await execute(daemon, box, ['sh', '-c', 'echo out; echo err >&2'], { AttachStdout: false });
  t.deepEqual(outcome, { out: '', err: 'err\n', code: 0 });
});

test('the process is a child of the daemon (or of the shim), in the namespaces and cgroups of its container', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['sleep', '100000'] });
  const { socket } = await startExec(daemon, id);
  const { Pid: pid, Running } = await waitFor('the start', async () => {
    const found = await inspectExec(daemon, id);
    return found.Pid > 0 ? found : undefined;
  });
  t.true(Running);
  const main = await mainPid(box);
  t.true(isKept(daemon, pid));
  t.deepEqual(namespacesOf(pid), namespacesOf(main));
  t.deepEqual(cgroupsOf(pid), cgroupsOf(main));
  t.deepEqual(readdirSync(`/proc/${pid}/fd`).sort(), ['0', '1', '2']);
  t.is(statusOf(pid, 'Seccomp'), statusOf(main, 'Seccomp'));
  t.is(statusOf(pid, 'CapBnd'), statusOf(main, 'CapBnd'));
  t.deepEqual((await inspect<ContainerInspect>(daemon, box)).ExecIDs?.includes(id), true);
  process.kill(pid, 'SIGKILL');
  await waitFor('the end', async () => !(await inspectExec(daemon, id)).Running);
  t.is((await inspectExec(daemon, id)).ExitCode, 137);
  t.false((await inspect<ContainerInspect>(daemon, box)).ExecIDs?.includes(id) ?? false);
  socket.destroy();
});

test('user, directory and environment are its own', async (t) => {
  const { out } = await execute(daemon, box, ['sh', '-c', 'id -u; id -g; pwd; echo $FROM $MINE $HOME'], {
    User: 'www',
    WorkingDir: '/etc',
    Env: ['MINE=exec', 'FROM=changed'],
  });
  t.is(out, '33\n33\n/etc\nchanged exec /home\n');
  t.is((await execute(daemon, box, ['sh', '-c', 'id -u; pwd; echo $FROM'])).out, '0\n/tmp\ncontainer\n');
});

test('a user made after the start is known', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'] });
  await execute(daemon, id, ['sh', '-c', 'echo "late:x:1234:1234::/tmp:/bin/sh" >> /etc/passwd']);
  t.is((await execute(daemon, id, ['id', '-u'], { User: 'late' })).out, '1234\n');
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('an unknown user is refused before anything is started', async (t) => {
  const answer = await daemon.api('POST', `/containers/${box}/exec`, { Cmd: ['id'], User: 'nobodyknows' });
  t.is(answer.status, 400);
  t.regex(answer.text, /unable to find user nobodyknows: no matching entries in passwd file/);
});

test('root in the container of another user may what root may there; privileged means everything', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'], User: '33', HostConfig: { CapDrop: ['CHOWN'] } });
  const capabilities = async (body: object): Promise<string> =>
    (await execute(daemon, id, ['grep', 'CapEff', '/proc/self/status'], body)).out.replace(/\s+/g, ' ').trim();
  const all = `CapEff: ${statusOf(daemon.pid, 'CapEff')}`;
  t.is(await capabilities({}), 'CapEff: 0000000000000000');
  t.is(await capabilities({ User: '0' }), 'CapEff: 00000000a80425fa');
  t.is(await capabilities({ User: '0', Privileged: true }), all);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('stdin ends with the half-close of the client', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['wc', '-c'], AttachStdin: true });
  const { socket, rest } = await startExec(daemon, id);
  socket.end(Buffer.alloc(300_000, 'x'));
  t.is(splitFrames(await rest).out, '300000\n');
});

test('stdin ends with a client that vanishes', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['cat'], AttachStdin: true });
  const { socket } = await startExec(daemon, id);
  socket.destroy();
  await waitFor('the end', async () => (await inspectExec(daemon, id)).ExitCode === 0);
  t.pass();
});

test('without stdin a program reads nothing', async (t) => {
  t.is((await execute(daemon, box, ['wc', '-c'])).out, '0\n');
});

test('the stream ends with the process, whatever its children hold open', async (t) => {
  const begun = performance.now();
  const { out, code } = await execute(daemon, box, ['sh', '-c', 'sleep 300 & echo done']);
  t.deepEqual([out, code], ['done\n', 0]);
  t.true(performance.now() - begun < 60_000);
});

test('a slow reader gets everything, also when a child holds the pipe', async (t) => {
  const id = await createExec(daemon, box, {
    Cmd: ['sh', '-c', 'sleep 30 & dd if=/dev/zero bs=1M count=4 2>/dev/null'],
  });
  const { socket } = await startExec(daemon, id, { paused: true });
  await sleep(500);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  t.is(splitFrames(Buffer.concat(chunks)).out.length, 4 * 1024 * 1024);
});

for (const [what, command, code, message] of [
  ['a missing program', ['nosuchprogram'], 127, /exec: "nosuchprogram": executable file not found in \$PATH/],
  ['a missing path', ['/no/such'], 127, /stat \/no\/such: no such file or directory/],
  ['a file that is no program', ['/etc/passwd'], 126, /exec: "\/etc\/passwd": permission denied/],
] as const) {
  test(`${what} is told on the stream, with exit code ${code}`, async (t) => {
    const outcome = await execute(daemon, box, command);
    t.is(outcome.code, code);
    t.regex(outcome.out, /^OCI runtime exec failed: exec failed: unable to start container process: /);
    t.regex(outcome.out, message);
    t.true(outcome.out.endsWith('\r\n'));
  });
}

test('a missing program that is detached is an error of the start', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['nosuchprogram'] });
  const answer = await daemon.api('POST', `/exec/${id}/start`, { Detach: true });
  t.is(answer.status, 400);
  t.regex(answer.text, /executable file not found/);
  t.like(await inspectExec(daemon, id), { Running: false, ExitCode: 127 });
});

test('detached, it runs and nobody waits', async (t) => {
  const mark = `/tmp/${randomBytes(6).toString('hex')}`;
  const id = await createExec(daemon, box, { Cmd: ['sh', '-c', `echo lost; touch ${mark}; sleep 0.2`] });
  const answer = await daemon.api('POST', `/exec/${id}/start`, { Detach: true });
  t.deepEqual([answer.status, answer.text], [200, '']);
  await waitFor('the end', async () => (await inspectExec(daemon, id)).ExitCode === 0);
  t.is((await execute(daemon, box, ['ls', mark])).code, 0);
});

test('detached with a terminal, its output does not stop it', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['sh', '-c', 'yes | head -n 20000; exit 5'], Tty: true });
  t.is((await daemon.api('POST', `/exec/${id}/start`, { Detach: true, Tty: true })).status, 200);
  const ends = async (): Promise<boolean> => (await inspectExec(daemon, id)).ExitCode === 5;
  await waitFor('the end', ends, { timeout: 60_000 });
  t.pass();
});

test('a terminal has the size of the create, of the start, and of a resize', async (t) => {
  const sizesOf = async (created: number[], started: [number, number] | undefined): Promise<string> => {
    const command = { Cmd: ['sh', '-c', 'stty size; read line; stty size'], Tty: true, AttachStdin: true };
    const id = await createExec(daemon, box, { ...command, ConsoleSize: created });
    const { socket, rest, received } = await startExec(daemon, id, {
      tty: true,
      ...(started ? { size: started } : {}),
    });
    await waitFor('the first size', () => received().includes('\n'));
    t.is((await daemon.api('POST', `/exec/${id}/resize?h=33&w=111`)).status, 200);
    socket.write('\n');
    return (await rest)
      .toString()
      .trim()
      .split(/\s*\r\n\s*/)
      .join(', ');
  };
  t.is(await sizesOf([20, 70], undefined), '20 70, 33 111');
  t.is(await sizesOf([20, 70], [21, 71]), '21 71, 33 111');
});

test('a resize that comes before the start waits for it', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['sh', '-c', 'read line; stty size'], Tty: true, AttachStdin: true });
  const starting = startExec(daemon, id, { tty: true });
  const resizing = daemon.api('POST', `/exec/${id}/resize?h=12&w=34`);
  const { socket, rest } = await starting;
  t.is((await resizing).status, 200);
  socket.write('\n');
  t.regex((await rest).toString(), /12 34/);
});

test('terminals of execs leave the console of the container as it is', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'], Tty: true });
  const mounts = async (): Promise<string> => readFileSync(`/proc/${await mainPid(id)}/mountinfo`, 'utf8');
  const before = await mounts();
  for (let i = 0; i < 3; i += 1) {
    const exec = await createExec(daemon, id, { Cmd: ['tty'], Tty: true });
    const { rest } = await startExec(daemon, exec, { tty: true });
    t.regex((await rest).toString(), /^\/dev\/pts\/\d+\r\n$/);
  }
  t.is(await mounts(), before);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('the detach keys leave it running, and are an event', async (t) => {
  const id = await createExec(daemon, box, {
    Cmd: ['sh', '-c', 'read a; sleep 100000'],
    Tty: true,
    AttachStdin: true,
    DetachKeys: 'ctrl-x,q',
  });
  const { socket, rest } = await startExec(daemon, id, { tty: true });
  socket.write('\x18q');
  await rest;
  const { Running, Pid, DetachKeys } = await inspectExec(daemon, id);
  t.true(Running);
  t.is(DetachKeys, Buffer.from('\x18q').toString('base64'));
  const detach = (await eventsOf(daemon, box)).filter(({ Action }) => Action === 'exec_detach');
  t.true(detach.some(({ Actor }) => Actor.Attributes['execID'] === id));
  process.kill(Pid, 'SIGKILL');
});

test('create, start and end are events with the id and the code', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'], Labels: { a: 'b' } });
  await execute(daemon, id, ['sh', '-c', 'exit 4']);
  const events = (await eventsOf(daemon, id)).filter(({ Action }) => Action.startsWith('exec'));
  t.deepEqual(
    events.map(({ Action }) => Action),
    ['exec_create: sh -c exit 4', 'exec_start: sh -c exit 4', 'exec_die'],
  );
  const ids = new Set(events.map(({ Actor }) => Actor.Attributes['execID']));
  t.is(ids.size, 1);
  t.like(events[2]?.Actor.Attributes, { exitCode: '4', a: 'b', image: 'busybox' });
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('it dies with its container: the stream ends, and its death is told first', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'] });
  const exec = await createExec(daemon, id, { Cmd: ['sleep', '100000'] });
  const { rest } = await startExec(daemon, exec);
  const { Pid } = await waitFor('the start', async () => {
    const found = await inspectExec(daemon, exec);
    return found.Pid > 0 ? found : undefined;
  });
  await daemon.api('POST', `/containers/${id}/kill`);
  await rest;
  t.false(existsSync(`/proc/${Pid}`));
  t.like(await inspectExec(daemon, exec), { Running: false, ExitCode: 137 });
  const actions = await actionsOf(daemon, id);
  t.true(actions.indexOf('exec_die') < actions.indexOf('die'), actions.join());
  await daemon.api('DELETE', `/containers/${id}`);
  t.is((await daemon.api('GET', `/exec/${exec}/json`)).status, 404);
});

test('what was created before the end of the container is gone after it', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'] });
  const exec = await createExec(daemon, id, { Cmd: ['true'] });
  await daemon.api('POST', `/containers/${id}/kill`);
  t.is((await daemon.api('POST', `/exec/${exec}/start`, { Detach: true })).status, 404);
  t.is((await inspect<ContainerInspect>(daemon, id)).ExecIDs, null);
  await daemon.api('DELETE', `/containers/${id}`);
});

test('a paused and a stopped container take no execs, in the words of Docker', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'] });
  const waiting = await createExec(daemon, id, { Cmd: ['true'] });
  await daemon.api('POST', `/containers/${id}/pause`);
  const paused = `Container ${id} is paused, unpause the container before exec`;
  const refused = await daemon.api('POST', `/containers/${id}/exec`, { Cmd: ['true'] });
  t.deepEqual([refused.status, refused.json()], [409, { message: paused }]);
  const late = await daemon.api('POST', `/exec/${waiting}/start`, { Detach: false });
  t.deepEqual([late.status, late.json()], [409, { message: paused }]);
  await daemon.api('POST', `/containers/${id}/unpause`);
  await daemon.api('POST', `/containers/${id}/kill`);
  const stopped = await daemon.api('POST', `/containers/${id}/exec`, { Cmd: ['true'] });
  t.deepEqual([stopped.status, stopped.json()], [409, { message: `Container ${id} is not running` }]);
  await daemon.api('DELETE', `/containers/${id}`);
});

test('an exec is started once', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['true'] });
  t.is((await daemon.api('POST', `/exec/${id}/start`, { Detach: true })).status, 200);
  const again = await daemon.api('POST', `/exec/${id}/start`, { Detach: true });
  t.is(again.status, 409);
  t.regex(again.text, /has already run|is already running/);
});

const BAD: [string, string, unknown, number, RegExp][] = [
  ['POST', '/containers/nosuch/exec', { Cmd: ['true'] }, 404, /No such container: nosuch/],
  ['POST', '/containers/BOX/exec', {}, 400, /No exec command specified/],
  ['POST', '/containers/BOX/exec', { Cmd: [] }, 400, /No exec command specified/],
  ['POST', '/containers/BOX/exec', { Cmd: ['a\0b'] }, 400, /NUL/],
  ['POST', '/containers/BOX/exec', { Cmd: ['a'], WorkingDir: 'tmp' }, 400, /absolute path/],
  [
    'POST',
    '/containers/BOX/exec',
    { Cmd: ['a'], DetachKeys: 'nonsense' },
    400,
    /Invalid escape keys \(nonsense\) provided/,
  ],
  ['POST', '/containers/BOX/exec', { Cmd: ['a'], Env: ['=b'] }, 400, /invalid environment variable/],
  ['POST', '/exec/nosuch/start', { Detach: true }, 404, /No such exec instance: nosuch/],
  ['GET', '/exec/nosuch/json', undefined, 404, /No such exec instance: nosuch/],
  ['POST', '/exec/nosuch/resize?h=1&w=1', undefined, 404, /No such exec instance: nosuch/],
];
for (const [method, path, body, status, message] of BAD) {
  test(`${method} ${path} ${JSON.stringify(body) ?? ''} is ${status}`, async (t) => {
    const answer = await daemon.api(method, path.replace('BOX', box), body);
    t.is(answer.status, status);
    t.regex(answer.json<{ message: string }>().message, message);
  });
}

test('after two hundred execs nothing is left of them', async (t) => {
  const id = await start(daemon, { Cmd: ['sleep', '100000'] });
  const descriptors = (): number => readdirSync(`/proc/${daemon.pid}/fd`).length;
  const children = (): number =>
    readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').trim().split(' ').length;
  for (let i = 0; i < 5; i += 1) await execute(daemon, id, ['true']);
  const before = [descriptors(), children()];
  for (let round = 0; round < 20; round += 1) {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => execute(daemon, id, ['sh', '-c', `echo ${n}; exit ${n}`])),
    );
    for (const [n, { out, code }] of outcomes.entries()) t.deepEqual([out, code], [`${n}\n`, n]);
  }
  await waitFor(
    'descriptors and children as before',
    () => descriptors() <= (before[0] ?? 0) && children() <= (before[1] ?? 0),
  );
  const processes = (await daemon.api('GET', `/containers/${id}/top`)).json<{ Processes: string[][] }>().Processes;
  t.is(processes.length, 1);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

/** One read of all there is, after time enough for echo: Node itself reads ahead. */
const LATE_READER = `
import socket, sys, time
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(sys.argv[2].encode())
time.sleep(0.2)
sys.stdout.buffer.write(client.recv(65536))
`;

test('output does not come together with the head of the answer: some clients read the head through a buffer', async (t) => {
  const id = await createExec(daemon, box, { Cmd: ['echo', 'behind'] });
  const request = [
    `POST /v1.41/exec/${id}/start HTTP/1.1`,
    ...['Host: x', 'Connection: Upgrade', 'Upgrade: tcp', 'Content-Type: application/json', 'Content-Length: 2'],
  ];
  const first = await ok(['python3', '-c', LATE_READER, daemon.socket, `${request.join('\r\n')}\r\n\r\n{}`]);
  t.regex(first, /^HTTP\/1.1 101 /);
  t.notRegex(first, /behind/);
});
