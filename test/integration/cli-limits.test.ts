// pause, unpause, update and stats on tsker's command line. Needs root.
import test from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

test('pause, unpause, update, stats', async (t) => {
  const { tsker } = daemon;
  await tsker.ok(['run', '-d', '--name', 'web', '-m', '32m', 'busybox', 'sh', '-c', 'while :; do :; done']);
  t.is(await tsker.ok(['pause', 'web']), 'web');
  t.regex(await tsker.ok(['ps']), /\(Paused\)/);
  t.is(await tsker.ok(['container', 'unpause', 'web']), 'web');
  t.is(
    await tsker.ok(['update', '--memory', '64m', '--memory-swap', '64m', '--restart', 'on-failure:2', 'web']),
    'web',
  );
  t.is(
    await tsker.ok(['inspect', '-f', '{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}', 'web']),
    `${64 << 20} on-failure`,
  );
  const table = await tsker.ok(['stats', '--no-stream']);
  t.regex(table, /^CONTAINER ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET I\/O +BLOCK I\/O +PIDS\n/);
  t.regex(table, /\n[0-9a-f]{12} +web +[1-9][\d.]*% +[\d.]+(KiB|MiB) \/ 64MiB /);
  t.is(await tsker.ok(['stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}', 'web']), 'web 1');
  const refused = await tsker.run(['update', 'web']);
  t.like(refused, { code: 125 });
  t.regex(refused.stderr, /you must provide one or more flags when using this command/);
  const twice = await tsker.run(['unpause', 'web', 'nosuch']);
  t.is(twice.code, 1);
  t.regex(twice.stderr, /is not paused\n.*No such container: nosuch/);
  await tsker.ok(['rm', '-f', 'web']);
});
