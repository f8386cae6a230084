// Bind mounts and their propagation, read-only trees, sources that are missing: by mountinfo and by what can be written.
// Needs root, and the host's mount and umount.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { HostConfig, MountRequest } from '../../src/types/container-config.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { type Owner, suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const message = (text: string): string => (JSON.parse(text) as { message: string }).message;
const remove = (id: string) => daemon.api('DELETE', `/containers/${id}?force=1`);

/** A directory that is a shared mount of its own, with a file system below it; undone with the test. */
function sharedTree(owner: Owner): string {
  const source = join(tempdir(owner, 'tree'), 'source');
  mkdirSync(join(source, 'below'), { recursive: true });
  mkdirSync(join(source, 'later'));
  execFileSync('mount', ['--bind', source, source]);
  owner.teardown(() => void execFileSync('umount', ['-R', source]));
  execFileSync('mount', ['--make-shared', source]);
  execFileSync('mount', ['-t', 'tmpfs', 'below', join(source, 'below')]);
  return source;
}

/** The optional fields of a mount in the container: `shared:7`, `master:3`, or nothing. */
async function propagationOf(id: string, destination: string): Promise<string> {
  const { Pid } = (await inspect<ContainerInspect>(daemon, id)).State;
  const lines = readFileSync(`/proc/${Pid}/mountinfo`, 'utf8').split('\n');
  const line = lines.find((one) => one.split(' ')[4] === destination) ?? '';
  return / rw\S* (.*)- /.exec(line)?.[1]?.replace(/:\d+/g, '').trim() ?? 'no such mount';
}

const MODES: readonly (readonly [mode: string, kernel: string, seesHost: boolean, hostSees: boolean])[] = [
  ['', '', false, false],
  ['private', '', false, false],
  ['rprivate', '', false, false],
  ['slave', 'master', true, false],
  ['rslave', 'master', true, false],
  ['shared', 'shared', true, true],
  ['rshared', 'shared', true, true],
];
for (const [mode, kernel, seesHost, hostSees] of MODES) {
  // One at a time: all of them mount on the host.
  test.serial(`-v with ${mode || 'no'} propagation`, async (t) => {
    const source = sharedTree(t);
    const id = await start(daemon, {
      Cmd: ['sh', '-c', 'mkdir -p /v/own; mount -t tmpfs own /v/own; touch /v/own/ready; exec sleep 1000'],
      HostConfig: { Binds: [`${source}:/v${mode === '' ? '' : `:${mode}`}`], CapAdd: ['SYS_ADMIN'] },
    });
    const { Pid, Status } = (await inspect<ContainerInspect>(daemon, id)).State;
    t.is(Status, 'running');
    t.is(await propagationOf(id, '/v'), kernel);
    t.regex(readFileSync(`/proc/${Pid}/mountinfo`, 'utf8'), / \/v\/below /, 'a bind takes what is mounted below');
    while (!existsSync(`/proc/${Pid}/root/v/own/ready`)) await new Promise((resolve) => setTimeout(resolve, 10));
    t.is(readFileSync('/proc/self/mountinfo', 'utf8').includes(`${source}/own `), hostSees);
    execFileSync('mount', ['-t', 'tmpfs', 'later', join(source, 'later')]);
    t.is(/ \/v\/later /.test(readFileSync(`/proc/${Pid}/mountinfo`, 'utf8')), seesHost);
    const [mountPoint] = (await inspect<ContainerInspect>(daemon, id)).Mounts;
    t.like(mountPoint, { Type: 'bind', Source: source, Destination: '/v', RW: true, Propagation: mode || 'rprivate' });
    await remove(id);
  });
}

const READONLY: readonly (readonly [string, (source: string) => Partial<HostConfig>, RegExp])[] = [
  ['-v :ro is read-only below as well', (source) => ({ Binds: [`${source}:/v:ro`] }), /^sealed\nsealed\n$/],
  [
    '--mount readonly is read-only below as well',
    (source) => ({ Mounts: [{ Type: 'bind', Source: source, Target: '/v', ReadOnly: true }] }),
    /^sealed\nsealed\n$/,
  ],
  [
    'bind-recursive=writable leaves what is below writable',
    (Source) => ({
      Mounts: [{ Type: 'bind', Source, Target: '/v', ReadOnly: true, BindOptions: { ReadOnlyNonRecursive: true } }],
    }),
    /^sealed\n$/,
  ],
  [
    'bind-recursive=disabled does not take what is below',
    (Source) => ({ Mounts: [{ Type: 'bind', Source, Target: '/v', BindOptions: { NonRecursive: true } }] }),
    /^none below\n$/,
  ],
];
for (const [title, host, out] of READONLY) {
  test.serial(title, async (t) => {
    const source = sharedTree(t);
    const script =
      'touch /v/x 2>/dev/null || echo sealed; touch /v/below/x 2>/dev/null || echo sealed; grep -q " /v/below " /proc/mounts || echo none below';
    const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', script], HostConfig: host(source) });
    t.regex((await logs(daemon, id)).out, out);
    await remove(id);
  });
}

test('-v makes a missing source a directory', async (t) => {
  const source = join(tempdir(t, 'source'), 'a/b');
  const { code } = await runToEnd(daemon, { Cmd: ['touch', '/v/x'], HostConfig: { Binds: [`${source}:/v`] } });
  t.is(code, 0);
  t.true(statSync(join(source, 'x')).isFile());
});

test('--mount refuses a missing source when the container is made, unless it is told to make it', async (t) => {
  const source = join(tempdir(t, 'source'), 'missing');
  const mount: MountRequest = { Type: 'bind', Source: source, Target: '/v' };
  const answer = await daemon.api('POST', '/containers/create', { Image: 'busybox', HostConfig: { Mounts: [mount] } });
  t.is(answer.status, 400);
  t.is(message(answer.text), `invalid mount config for type "bind": bind source path does not exist: ${source}`);
  t.false(existsSync(source));
  const made = { ...mount, BindOptions: { CreateMountpoint: true } };
  t.is((await runToEnd(daemon, { Cmd: ['true'], HostConfig: { Mounts: [made] } })).code, 0);
  t.true(statSync(source).isDirectory());
});

test('a source that is gone at the start is refused', async (t) => {
  const source = tempdir(t, 'source');
  const gone = join(source, 'gone');
  mkdirSync(gone);
  const id = await create(daemon, { HostConfig: { Mounts: [{ Type: 'bind', Source: gone, Target: '/v' }] } });
  execFileSync('rmdir', [gone]);
  const answer = await daemon.api('POST', `/containers/${id}/start`);
  t.is(answer.status, 400);
  t.regex(message(answer.text), /bind source path does not exist/);
});

test('a file is bound onto a file, into an image that has none', async (t) => {
  const source = join(tempdir(t, 'source'), 'file');
  execFileSync('sh', ['-c', `echo content >${source}`]);
  const { id } = await runToEnd(daemon, {
    Cmd: ['cat', '/new/place/file'],
    HostConfig: { Binds: [`${source}:/new/place/file:ro`] },
  });
  t.is((await logs(daemon, id)).out, 'content\n');
});
