// tsker top, beside what /proc says.
import test from 'ava';
import { suiteOwner } from '../helpers/owner.ts';
import { startWithBusybox } from './daemon.harness.ts';

const owner = suiteOwner(test);

test('top shows the processes of a container by their pids on the host', async (t) => {
  const daemon = await startWithBusybox(owner);
  await daemon.tsker.ok([
    'run',
    '-d',
    '--name',
    'pair',
    '--net',
    'none',
    'busybox',
    'sh',
    '-c',
    'sleep 501 & exec sleep 502',
  ]);
  const pid = await daemon.tsker.ok(['inspect', '-f', '{{.State.Pid}}', 'pair']);
  const plain = await daemon.tsker.ok(['top', 'pair']);
  t.regex(plain.split('\n')[0] ?? '', /^UID +PID +PPID/);
  t.true(plain.split('\n').some((line) => line.includes('sleep 502') && line.split(/ +/)[1] === pid));
  t.true(plain.includes('sleep 501'));
  const chosen = await daemon.tsker.ok(['top', 'pair', '-o', 'pid,args']);
  t.regex(chosen, /^PID +COMMAND/);
  const none = await daemon.tsker.run(['top', 'nosuch']);
  t.is(none.code, 1);
  t.regex(none.stderr, /No such container: nosuch/);
  await daemon.tsker.ok(['rm', '-f', 'pair']);
});
