// docker.io's engine runs containers with `tsker runc`, through containerd's shim: what a user of `--add-runtime` does. Needs: root,
// docker.io.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import test from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { cgroupFile } from '../helpers/cgroup.ts';
import { findTraces } from '../helpers/host.ts';
import { needing } from '../helpers/needs.ts';
import { makeOciRuntime } from '../helpers/oci-runtime.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { type ReferenceDocker, startDocker } from '../helpers/reference-docker.ts';
import type { RunResult } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const suite = suiteOwner(test);
const HAS_DOCKER = existsSync('/usr/sbin/dockerd');
const withDocker = needing(test, { 'docker.io': HAS_DOCKER });
let docker: ReferenceDocker;
test.before(async () => {
  if (!HAS_DOCKER) return;
  const runtime = await makeOciRuntime(suite);
  docker = await startDocker(suite, { args: ['--add-runtime', `tsker=${runtime}`, '--default-runtime', 'tsker'] });
  const archive = join(tempdir(suite, 'image'), 'busybox.tar');
  writeFileSync(archive, await dockerArchive(await busyboxImage(), ['bb:latest']));
  await docker.cli.ok(['load', '-i', archive]);
});

const run = (...argv: string[]): Promise<RunResult> => docker.cli.run(['run', '--rm', ...argv]);
const inspect = (name: string, format: string): Promise<string> => docker.cli.ok(['inspect', '--format', format, name]);

withDocker('output, input and exit codes come back', async (t) => {
  const [plain, missing, directory, terminal, input] = await Promise.all([
    run('bb', 'sh', '-c', 'echo out; echo err >&2; exit 5'),
    run('bb', 'nope'),
    run('bb', '/etc'),
    run('-t', 'bb', 'sh', '-c', 'test -t 0 && test -t 1 && exit 6'),
    docker.cli.run(['run', '--rm', '-i', 'bb', 'cat'], { input: 'through\n' }),
  ]);
  t.deepEqual([plain.code, plain.stdout, plain.stderr], [5, 'out\n', 'err\n']);
  t.is(missing.code, 127);
  t.regex(missing.stderr, /exec: "nope": executable file not found in \$PATH/);
  t.is(directory.code, 126);
  t.is(terminal.code, 6);
  t.is(input.stdout, 'through\n');
});

withDocker('options reach the kernel', async (t) => {
  const [user, capabilities, readonly, init, network] = await Promise.all([
    run('--user', '33:50', 'bb', 'id'),
    run('--cap-drop', 'ALL', 'bb', 'grep', 'CapBnd', '/proc/self/status'),
    run('--read-only', 'bb', 'touch', '/x'),
    run('--init', 'bb', 'sh', '-c', "tr '\\0' ' ' </proc/1/cmdline"),
    run('bb', 'sh', '-c', 'ip -o addr show eth0; ip route'),
  ]);
  t.regex(user.stdout, /^uid=33\(www\) gid=50\(staff\)/);
  t.is(capabilities.stdout, 'CapBnd:\t0000000000000000\n');
  t.regex(readonly.stderr, /Read-only file system/);
  t.regex(init.stdout, /docker-init/);
  t.regex(network.stdout, /inet 172\.[\s\S]*default via 172\./);
});

withDocker('a container is looked at, paused, changed, stopped and killed', async (t) => {
  await docker.cli.ok(['run', '-d', '--name', 'box', '--memory', '64m', 'bb', 'sleep', '1000']);
  const pid = Number(await inspect('box', '{{.State.Pid}}'));
  const limit = { controller: 'memory', v1: 'memory.limit_in_bytes', v2: 'memory.max' };
  t.is(cgroupFile(pid, limit), String(64 * 2 ** 20));
  t.regex(await docker.cli.ok(['top', 'box']), /sleep 1000/);
  t.regex(await docker.cli.ok(['stats', '--no-stream', '--format', '{{.MemUsage}}', 'box']), /\/ 64MiB/);
  await docker.cli.ok(['pause', 'box']);
  t.is(await inspect('box', '{{.State.Status}}'), 'paused');
  await docker.cli.ok(['unpause', 'box']);
  await docker.cli.ok(['update', '--memory', '96m', '--memory-swap', '96m', 'box']);
  t.is(cgroupFile(pid, limit), String(96 * 2 ** 20));
  await docker.cli.ok(['stop', '-t', '0', 'box']);
  t.is(await inspect('box', '{{.State.ExitCode}}'), '137');
  await docker.cli.ok(['start', 'box']);
  await docker.cli.ok(['kill', 'box']);
  t.is(await docker.cli.ok(['wait', 'box']), '137');
  await docker.cli.ok(['rm', 'box']);
});

withDocker('another process is executed in a container', async (t) => {
  await docker.cli.ok(['run', '-d', '--name', 'host', 'bb', 'sleep', '1000']);
  const exec = (...argv: string[]): Promise<RunResult> => docker.cli.run(['exec', ...argv]);
  const [plain, terminal, user, missing] = await Promise.all([
    exec('host', 'sh', '-c', 'echo out; exit 3'),
    exec('-t', 'host', 'sh', '-c', 'test -t 0 && exit 4'),
    exec('-u', '33', '-w', '/etc', '-e', 'A=b', 'host', 'sh', '-c', 'id -u; pwd; echo $A'),
    exec('host', 'nope'),
  ]);
  t.deepEqual([plain.code, plain.stdout], [3, 'out\n']);
  t.is(terminal.code, 4);
  t.is(user.stdout, '33\n/etc\nb\n');
  t.regex(
    `${missing.stdout}${missing.stderr}`,
    /OCI runtime exec failed: exec failed: unable to start container process: exec: "nope"/,
  );
  await docker.cli.ok(['rm', '-f', 'host']);
});

withDocker('the kernel kills for memory in the container that wants too much', async (t) => {
  // Whether docker says OOMKilled is decided by a race between containerd's events, whatever the runtime.
  const hog = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=200M', 'count=1'];
  const { code } = await run('--memory', '20m', '--memory-swap', '20m', 'bb', ...hog);
  t.is(code, 137);
});

withDocker('nothing is left of a container that is removed', async (t) => {
  const id = await docker.cli.ok(['run', '-d', 'bb', 'sleep', '1000']);
  await docker.cli.ok(['rm', '-f', id]);
  await waitFor('its traces to go', async () => (await findTraces([id])).length === 0);
  const states = join(docker.root, '../exec/runtime-runc/moby');
  t.false(existsSync(states) && readdirSync(states).some((name) => name === basename(id)));
});
