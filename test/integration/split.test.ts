// The split architecture: containers are children of shims, which daemon and containerd may come and go without. (root, an OCI runtime)
import { readFileSync } from 'node:fs';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import type { Owner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';
import { statusOf } from './exec.harness.ts';

const startSplit = (owner: Owner): Promise<Daemon> => startWithBusybox(owner, { arch: 'split' });
const pidOf = async (daemon: Daemon, id: string): Promise<number> =>
  (await inspect<ContainerInspect>(daemon, id)).State.Pid;
const words = (pid: number | string): string[] => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');

test('a container is a child of its shim, which nobody has to wait for', async (t) => {
  const daemon = await startSplit(t);
  const id = await start(daemon, { Cmd: ['sh', '-c', 'echo out; echo err >&2; exec sleep 1000'] });
  const shim = statusOf(await pidOf(daemon, id), 'PPid');
  t.deepEqual(words(shim).slice(1, 3), ['-id', id]);
  t.regex(words(shim)[0] ?? '', /\/tsker-shim$/);
  const containerd = statusOf(Number(shim), 'PPid');
  t.true(words(containerd).includes('containerd'));
  t.is(statusOf(Number(containerd), 'PPid'), String(daemon.pid));
  await waitFor('output', async () => (await logs(daemon, id)).err === 'err\n');
  t.deepEqual(await logs(daemon, id), { out: 'out\n', err: 'err\n' });
  t.is((await runToEnd(daemon, { Cmd: ['sh', '-c', 'exit 3'] })).code, 3);
});
