// --userns-remap: containers whose root is nobody on the host, by what the kernel says of them, and by the owners that
// their files have on either side. The daemon sees a subuid and a subgid of the test's own. Needs root.
import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { CreateRequest } from '../../src/types/container.ts';
import type { HostConfig } from '../../src/types/container-config.ts';
import type { InfoResponse } from '../../src/types/system.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { makeTar } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, isKept, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

const FIRST = 700_000;
const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  const ids = join(tempdir(suite, 'ids'), 'subid');
  writeFileSync(ids, `nobody-else:100000:65536\nroot:${FIRST}:65536\n`);
  const script = 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift && exec "$@"';
  daemon = await startWithBusybox(suite, {
    through: ['unshare', '-m', '--propagation', 'private', 'sh', '-c', script, 'sh', ids],
    args: ['--userns-remap', 'root'],
  });
});

const message = (text: string): string => (JSON.parse(text) as { message: string }).message;
const sh = (script: string): CreateRequest => ({ Cmd: ['sh', '-c', script] });
const run = async (script: string, host: Partial<HostConfig> = {}, more: CreateRequest = {}): Promise<string> => {
  const { id } = await runToEnd(daemon, { ...sh(script), ...more, HostConfig: host });
  const { out, err } = await logs(daemon, id);
  return out + err;
};
const pidOf = async (id: string): Promise<number> => (await inspect<{ State: { Pid: number } }>(daemon, id)).State.Pid;
const exec = async (id: string, script: string, more: object = {}): Promise<string> => {
  const body = { Cmd: ['sh', '-c', script], AttachStdout: true, AttachStderr: true, Tty: true, ...more };
  const { Id } = (await daemon.api('POST', `/containers/${id}/exec`, body)).json<{ Id: string }>();
  const { text } = await daemon.api('POST', `/exec/${Id}/start`, { Detach: false, Tty: true });
  return text.replaceAll('\r', '');
};

test('the root of a container is a user of the host without rights', async (t) => {
  const id = await start(daemon, sh('sleep 60'));
  const pid = await pidOf(id);
  t.regex(readFileSync(`/proc/${pid}/uid_map`, 'utf8'), new RegExp(`^\\s*0\\s+${FIRST}\\s+65536\\n$`));
  t.regex(readFileSync(`/proc/${pid}/gid_map`, 'utf8'), new RegExp(`^\\s*0\\s+${FIRST}\\s+65536\\n$`));
  t.regex(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`Uid:\t${FIRST}\t${FIRST}\t${FIRST}\t${FIRST}\n`));
  t.not(readlinkSync(`/proc/${pid}/ns/user`), readlinkSync('/proc/self/ns/user'));
  t.is(statSync(`/proc/${pid}/root/etc/passwd`).uid, FIRST, 'a file of the image, seen from the host');
  t.is(await exec(id, 'id -u; stat -c %u:%g /bin /etc/hosts'), '0\n0:0\n0:0\n');
  t.is(await exec(id, 'id -u; stat -c %u $(tty)', { User: '1000' }), '1000\n1000\n');
  const info = (await daemon.api('GET', '/info')).json<InfoResponse>();
  t.true(info.SecurityOptions.includes('name=userns'));
});

test('layers are what they are for everybody: nothing of them is copied or chowned', async (t) => {
  await run('touch /mine; chown 33:44 /mine; mkdir /d');
  const found = await ok(['find', join(daemon.root, 'overlay'), '-uid', `+${FIRST - 1}`]);
  t.is(found, '', 'no file on the disk has a mapped owner');
  t.is(await run('stat -c %u /bin/busybox', { UsernsMode: 'host' }), '0\n');
});

test('what a container writes to a directory of the host has a mapped owner', async (t) => {
  const directory = tempdir(t, 'bind');
  chmodSync(directory, 0o777);
  writeFileSync(join(directory, 'secret'), 'x', { mode: 0o600 });
  const text = await run('cat /b/secret 2>&1; touch /b/a; touch /b/b; chown 5:6 /b/b; ls -ln /b/secret', {
    Binds: [`${directory}:/b`],
  });
  t.regex(text, /can't open '\/b\/secret': Permission denied\n/);
  t.regex(text, /1 65534 +65534 /);
  t.is(statSync(join(directory, 'a')).uid, FIRST);
  t.deepEqual([statSync(join(directory, 'b')).uid, statSync(join(directory, 'b')).gid], [FIRST + 5, FIRST + 6]);
});

test('devices, kernel parameters, network, shared memory and standard streams are usable', async (t) => {
  const text = await run(
    [
      'head -c 3 /dev/zero | wc -c; echo x >/dev/null && echo null',
      'echo y >/dev/shm/f && echo shm; cat /proc/sys/net/ipv4/ip_unprivileged_port_start',
      'ip -o -4 addr show eth0 | grep -c inet; echo again >/dev/stdout; mount -t tmpfs x /mnt 2>&1; mknod /n c 1 3 2>&1',
    ].join('; '),
  );
  t.regex(text, /^3\nnull\nshm\n0\n1\nagain\n.*(denied|permitted).*\n.*not permitted\n$/i);
  t.is(await run('echo mine >/dev/stdout; echo x >/proc/self/fd/2', {}, { User: '1000' }), 'mine\nx\n');
  t.regex(
    await run('dd if=/dev/zero2 bs=4 count=1 2>/dev/null | wc -c', {
      Devices: [{ PathOnHost: '/dev/zero', PathInContainer: '/dev/zero', CgroupPermissions: 'r' }],
    }),
    /0\n/,
  );
});

test('cp, export and commit have the ids of the container, running and stopped', async (t) => {
  const id = await start(daemon, sh('echo x >/f; chown 33:44 /f; sleep 60'));
  const at = `/containers/${id}/archive?path=`;
  const owner = async (): Promise<string> => tarOwner((await daemon.api('GET', `${at}/f`)).text);
  await waitFor('the file', async () => (await owner()) === '33:44');
  const file = makeTar([{ path: 'placed', content: 'x', uid: 12, gid: 13 }]);
  const place = async () => call({ target: daemon.socket, method: 'PUT', path: `${at}/tmp`, body: file });
  t.is((await place()).status, 200);
  t.is(await exec(id, 'stat -c %u:%g /tmp/placed; rm /tmp/placed'), '12:13\n');
  await daemon.api('POST', `/containers/${id}/kill`);
  t.is(await owner(), '33:44', 'of a stopped one');
  t.is((await place()).status, 200);
  const committed = await daemon.api('POST', `/commit?container=${id}&repo=committed`);
  t.is(committed.status, 201, committed.text);
  t.is(await run('stat -c %u:%g /f /tmp/placed', {}, { Image: 'committed' }), '33:44\n12:13\n');
  t.is(await run('stat -c %u:%g /f', { UsernsMode: 'host' }, { Image: 'committed' }), '33:44\n');
});

/** Numeric owner in the first header of a tar. */
function tarOwner(text: string): string {
  const number = (at: number): number => Number.parseInt(text.slice(at, at + 7), 8);
  return `${number(108)}:${number(116)}`;
}

test('what a build runs has the mapped ids as well, and its layers are what they are for everybody', async (t) => {
  const context = tempdir(t, 'context');
  writeFileSync(join(context, 'file'), 'from the context\n', { mode: 0o600 });
  writeFileSync(join(context, 'key'), 'a secret\n', { mode: 0o600 });
  const mounts = [
    'type=bind,target=/context',
    'type=bind,from=busybox,source=/etc,target=/other',
    'type=cache,target=/cache,uid=55',
    'type=secret,id=key',
  ].map((mount) => `--mount=${mount}`);
  const script = 'cat /context/file /run/secrets/key; stat -c %u /context/file /other/passwd /cache /run/secrets/key';
  const dockerfile = [
    'FROM busybox',
    'COPY --chown=33:44 file /copied',
    'RUN tr -s " " </proc/self/uid_map; touch /made; stat -c %u:%g /copied; id -u',
    `RUN ${mounts.join(' ')} ${script}; touch /cache/written`,
    'USER 77',
    'RUN id -u; touch /tmp/of-77',
  ].join('\n');
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  const secret = `id=key,src=${join(context, 'key')}`;
  const built = await daemon.tsker.ok(['build', '--progress', 'plain', '--secret', secret, '-t', 'mapped', context]);
  t.regex(built, new RegExp(`0 ${FIRST} 65536`));
  t.regex(built, /33:44[\s\S]*from the context[\s\S]*a secret/);
  const { id } = await runToEnd(daemon, { ...sh('stat -c %u:%g /made /copied /tmp/of-77'), Image: 'mapped' });
  t.is((await logs(daemon, id)).out, '0:0\n33:44\n77:0\n');
  const { GraphDriver } = await inspect<{ GraphDriver: { Data: { LowerDir: string } } }>(daemon, id);
  const made = GraphDriver.Data.LowerDir.split(':').map((layer) => join(layer, 'made'));
  t.deepEqual(
    made.filter((path) => existsSync(path)).map((path) => statSync(path).uid),
    [0],
    'on the disk',
  );
});

test('network, IPC and processes of another container are joined together with its user namespace', async (t) => {
  const donor = await start(daemon, { ...sh('echo here >/dev/shm/f; sleep 60'), HostConfig: { IpcMode: 'shareable' } });
  for (const host of [
    { NetworkMode: `container:${donor}` },
    { PidMode: `container:${donor}` },
    { IpcMode: `container:${donor}` },
  ]) {
    const id = await start(daemon, { ...sh('sleep 60'), HostConfig: host });
    const [mine, theirs] = [await pidOf(id), await pidOf(donor)];
    t.is(readlinkSync(`/proc/${mine}/ns/user`), readlinkSync(`/proc/${theirs}/ns/user`));
    t.true(isKept(daemon, mine));
    t.regex(readFileSync(`/proc/${mine}/status`, 'utf8'), new RegExp(`Uid:\t${FIRST}\t`));
    t.is(await exec(id, 'id -u'), '0\n');
  }
  t.is(await run('cat /dev/shm/f', { IpcMode: `container:${donor}` }), 'here\n');
  t.regex(await run('ps', { PidMode: `container:${donor}` }), /sleep 60/);
  const free = await start(daemon, { ...sh('sleep 60'), HostConfig: { UsernsMode: 'host' } });
  const joining = await create(daemon, { ...sh('true'), HostConfig: { NetworkMode: `container:${free}` } });
  const answer = await daemon.api('POST', `/containers/${joining}/start`);
  t.is(answer.status, 409);
  t.regex(message(answer.text), /has the user namespace of the host/);
});

for (const [host, said] of [
  [{ Privileged: true }, /^privileged mode is incompatible with user namespaces\. {2}You must run/],
  [{ NetworkMode: 'host' }, /^cannot share the host's network namespace when user namespaces are enabled/],
  [{ PidMode: 'host' }, /^cannot share the host PID namespace when user namespaces are enabled/],
] as const) {
  test(`${JSON.stringify(host)} needs --userns=host`, async (t) => {
    const body = { Image: 'busybox', ...sh('cat /proc/self/uid_map') };
    const refused = await daemon.api('POST', '/containers/create', { ...body, HostConfig: host });
    t.is(refused.status, 400);
    t.regex(message(refused.text), said);
    t.regex(await run('cat /proc/self/uid_map', { ...host, UsernsMode: 'host' }), /^\s*0\s+0\s+4294967295\n$/);
  });
}

test('a volume is the container root’s, whoever else uses it', async (t) => {
  const Binds = [`shared-${process.pid}:/v`];
  t.is(await run('echo x >/v/f; chown 7:8 /v/f; stat -c %u:%g /v /v/f', { Binds }), '0:0\n7:8\n');
  t.is(await run('stat -c %u:%g /v/f', { Binds, UsernsMode: 'host' }), '7:8\n');
});

test('--init and a terminal of a user other than root', async (t) => {
  t.regex(await run('echo $$; id -u', { Init: true }, { User: '7' }), /^[^1]\d*\n7\n$/);
});

test('the mapped view is the only mount that stays, and goes with the daemon', async (t) => {
  const mounts = readFileSync(`/proc/${daemon.pid}/mountinfo`, 'utf8').split('\n');
  const own = mounts.filter((line) => line.includes(daemon.execRoot) || line.includes(daemon.root));
  t.true(own.length >= 1 && own.every((line) => /\/remapped |\/shm /.test(line)), own.join('\n'));
  t.deepEqual(
    readdirSync(daemon.execRoot).filter((name) => name.startsWith('userns-')),
    [],
  );
});
