// The writable layer of a container holds what its program changed, and nothing that the engine needed. Needs root, overlay.
import { readdirSync } from 'node:fs';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { inspect, runToEnd, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

test('only the changes of the program are in the writable layer', async (t) => {
  const { id, code } = await runToEnd(daemon, {
    Cmd: ['sh', '-c', 'touch /made; ls -d /etc/hosts /etc/hostname /etc/resolv.conf /.dockerenv /proc /sys /dev'],
  });
  t.is(code, 0);
  const { Data, Name } = (await inspect<ContainerInspect>(daemon, id)).GraphDriver;
  if (Name !== 'overlay2') {
    t.log('skipped: vfs has no layer below others');
    t.pass();
    return;
  }
  t.deepEqual(readdirSync(Data?.['UpperDir'] ?? '', { recursive: true }), ['made']);
});
