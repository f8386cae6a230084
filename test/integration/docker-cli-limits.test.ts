// The docker command lines on pause, unpause, update, stats and shared namespaces against the daemon. Needs root, docker.
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

test('docker pause, unpause, update, stats', async (t) => {
  const docker = daemon.docker();
  await docker.ok(['run', '-d', '--name', 'web', '-m', '32m', 'busybox', 'sh', '-c', 'while :; do :; done']);
  t.is(await docker.ok(['pause', 'web']), 'web');
  t.regex(await docker.ok(['ps']), /\(Paused\)/);
  const refused = await docker.run(['rm', 'web']);
  t.regex(refused.stderr, /container is paused and must be unpaused first/);
  t.is(await docker.ok(['unpause', 'web']), 'web');
  t.is(await docker.ok(['update', '--memory', '64m', '--memory-swap', '64m', '--pids-limit', '50', 'web']), 'web');
  const format = '{{.Name}} {{.MemUsage}} {{.CPUPerc}} {{.PIDs}}';
  t.regex(await docker.ok(['stats', '--no-stream', '--format', format]), /^web [\d.]+\w+ \/ 64MiB [1-9][\d.]*% 1$/);
  await docker.ok(['rm', '-f', 'web']);
});

test('docker run in the namespaces of another container', async (t) => {
  const docker = daemon.docker();
  await docker.ok(['run', '-d', '--name', 'first', '--ipc', 'shareable', '-h', 'one', 'busybox', 'sleep', '1000']);
  const join = ['--net', 'container:first', '--pid', 'container:first', '--ipc', 'container:first'];
  const shown = await docker.ok([
    'run',
    '--rm',
    ...join,
    'busybox',
    'sh',
    '-c',
    'hostname; ps | grep -c "[s]leep 1000"',
  ]);
  t.is(shown, 'one\n1');
  await docker.ok(['rm', '-f', 'first']);
  const gone = await docker.run(['run', '--rm', '--net', 'container:first', 'busybox', 'true']);
  t.is(gone.code, 125);
  t.regex(gone.stderr, /No such container: first/);
});

test('docker run with every limit at once', async (t) => {
  const docker = daemon.docker();
  const limits = ['-m', '64m', '--memory-swap', '64m', '--cpus', '0.5', '--pids-limit', '20', '--cpuset-cpus', '0'];
  const more = ['--shm-size', '1m', '--ulimit', 'nofile=64:64', '--tmpfs', '/t:size=64k', '--read-only', '--init'];
  const caps = ['--cap-drop', 'ALL', '--cap-add', 'chown', '--security-opt', 'no-new-privileges', '--group-add', '7'];
  const script = 'ulimit -n; id -G; df -k /t /dev/shm | tail -2 | tr -s " " | cut -d" " -f2; touch /x || echo sealed';
  const result = await docker.run(['run', '--rm', ...limits, ...more, ...caps, 'busybox', 'sh', '-c', script]);
  t.is(result.code, 0, result.stderr);
  t.is(result.stdout, '64\n0 7\n64\n1024\nsealed\n');
});
