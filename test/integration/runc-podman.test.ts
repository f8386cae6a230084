// podman runs containers with `tsker runc`, through conmon. Needs: root, podman, conmon.
import { existsSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { cgroupFile } from '../helpers/cgroup.ts';
import { findTraces } from '../helpers/host.ts';
import { needing } from '../helpers/needs.ts';
import { makeOciRuntime } from '../helpers/oci-runtime.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { type RunOptions, type RunResult, run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const suite = suiteOwner(test);
const HAS_PODMAN = existsSync('/usr/bin/podman') && existsSync('/usr/bin/conmon');
const withPodman = needing(test, { podman: HAS_PODMAN });
const PARENT = `tsker-test-podman-${process.pid}`;
let command: readonly string[];
let env: NodeJS.ProcessEnv;

/** Storage, state and cgroups of its own; limits that this host can give are no matter, ours lowers them. */
test.before(async () => {
  if (!HAS_PODMAN) return;
  const runtime = await makeOciRuntime(suite);
  const home = tempdir(suite, 'podman');
  const config = join(home, 'containers.conf');
  writeFileSync(config, '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n');
  env = { ...process.env, CONTAINERS_CONF: config };
  const places = ['--root', join(home, 'root'), '--runroot', join(home, 'run'), '--tmpdir', join(home, 'tmp')];
  command = ['podman', ...places, '--storage-driver', 'vfs', '--runtime', runtime];
  suite.teardown(async () => {
    await podman(['rm', '-fa', '-t', '0']);
    await waitFor('the cgroups of podman to empty', () => removeCgroups());
  });
  const archive = join(tempdir(suite, 'image'), 'busybox.tar');
  writeFileSync(archive, await dockerArchive(await busyboxImage(), ['localhost/bb:latest']));
  await ok(['load', '-i', archive]);
});

function podman(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run([...command, ...argv], { env, ...options });
}

async function ok(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await podman(argv);
  if (code !== 0) throw new Error(`podman ${argv.join(' ')} exited with ${code}: ${stderr}`);
  return stdout.trim();
}

const IMAGE = 'localhost/bb';
const WORDS = ['--net', 'none', '--cgroup-parent', `/${PARENT}`];
const once = (...argv: string[]): Promise<RunResult> => podman(['run', '--rm', ...WORDS, ...argv]);

/** podman leaves the parents, and conmon's own. */
function removeCgroups(): boolean {
  const directories = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name, PARENT));
  try {
    for (const path of directories.filter((one) => existsSync(one))) {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (entry.isDirectory()) rmdirSync(join(path, entry.name));
      }
      rmdirSync(path);
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  }
}

withPodman('output, input and exit codes come back', async (t) => {
  const plain = await once(IMAGE, 'sh', '-c', 'echo out; echo err >&2; exit 5');
  t.deepEqual([plain.code, plain.stdout, plain.stderr], [5, 'out\n', 'err\n']);
  t.is((await once(IMAGE, 'nope')).code, 127);
  t.is((await once(IMAGE, '/etc')).code, 126);
  t.is((await once('-t', IMAGE, 'sh', '-c', 'test -t 0 && test -t 1 && exit 6')).code, 6);
  const input = await podman(['run', '--rm', '-i', ...WORDS, IMAGE, 'cat'], { input: 'through\n' });
  t.is(input.stdout, 'through\n');
});

withPodman('options reach the kernel', async (t) => {
  const user = await once('--user', '33:50', IMAGE, 'sh', '-c', 'id -u; id -g');
  t.is(user.stdout, '33\n50\n');
  const capabilities = await once('--cap-drop', 'all', IMAGE, 'grep', '-E', 'CapBnd|Seccomp:', '/proc/self/status');
  t.is(capabilities.stdout, 'CapBnd:\t0000000000000000\nSeccomp:\t2\n');
  const readonly = await once('--read-only', IMAGE, 'sh', '-c', 'touch /x; touch /tmp/x && echo written');
  t.is(readonly.stdout, 'written\n');
  t.regex(readonly.stderr, /Read-only file system/);
});

withPodman('a container is looked at, paused, executed in, stopped and killed', async (t) => {
  await ok(['run', '-d', '--name', 'box', '--memory', '64m', ...WORDS, IMAGE, 'sleep', '1000']);
  const pid = Number(await ok(['inspect', '--format', '{{.State.Pid}}', 'box']));
  t.is(cgroupFile(pid, { controller: 'memory', v1: 'memory.limit_in_bytes', v2: 'memory.max' }), String(64 * 2 ** 20));
  const plain = await podman(['exec', 'box', 'sh', '-c', 'echo out; exit 3']);
  t.deepEqual([plain.code, plain.stdout], [3, 'out\n']);
  t.is((await podman(['exec', '-t', 'box', 'sh', '-c', 'test -t 0 && exit 4'])).code, 4);
  t.is((await podman(['exec', 'box', 'nope'])).code, 127);
  t.regex(await ok(['top', 'box']), /sleep 1000/);
  t.regex(await ok(['stats', '--no-stream', '--format', '{{.MemUsage}}', 'box']), /\/ 67\.11MB/);
  await ok(['pause', 'box']);
  t.is(await ok(['inspect', '--format', '{{.State.Status}}', 'box']), 'paused');
  await ok(['unpause', 'box']);
  await ok(['stop', '-t', '0', 'box']);
  t.is(await ok(['inspect', '--format', '{{.State.ExitCode}}', 'box']), '137');
  await ok(['start', 'box']);
  await ok(['kill', 'box']);
  t.is(await ok(['wait', 'box']), '137');
  const id = await ok(['inspect', '--format', '{{.Id}}', 'box']);
  await ok(['rm', 'box']);
  t.deepEqual(await findTraces([id]), []);
});

withPodman('a network of podman reaches the container', async (t) => {
  // In namespaces of its own, with its state in a tmpfs: podman leaves a bridge, rules and leases.
  const private_ = [
    'unshare',
    '--net',
    '--mount',
    'sh',
    '-c',
    'mount -t tmpfs none /var/lib && mkdir -p /var/lib/cni && exec "$@"',
    'sh',
  ];
  const argv = ['run', '--rm', '--cgroup-parent', `/${PARENT}`, IMAGE, 'ip', '-o', 'addr', 'show', 'eth0'];
  const { code, stdout, stderr } = await run([...private_, ...command, ...argv], { env });
  t.is(code, 0, stderr);
  t.regex(stdout, /inet 10\.88\./);
});
