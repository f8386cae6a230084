// Which integration tests run in the split architecture as well: container life, and what reaches into a running container. What images,
// builds, registries and the command line do is the same code in both, and runs once. Each line says what differs behind it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const CHOSEN: readonly (readonly [name: string, reason: string])[] = [
  ['container', "create to remove: every verb goes to containerd, a shim and the runtime's command line"],
  ['lifecycle', 'stop, kill, wait, rename, --init and the order of events: exits are told by a shim'],
  ['exec', 'a runtime command for each, streams and terminals through the shim'],
  ['pause', 'the runtime has the freezer; kill and stop of what it has frozen'],
  ['restart', 'policies hear of ends from containerd'],
  ['recovery', 'a daemon that is killed while containers come and go'],
  ['health', 'checks are execs, in a hurry'],
  ['logging-containers', 'output comes through FIFOs that a shim keeps open'],
  ['attach-websocket', 'so does what a client sees and types'],
  ['stats', 'figures of cgroups that the runtime has made'],
  ['update', 'limits are changed by the runtime'],
  ['cp', 'files of a process that is not our child'],
  ['archive', 'the same, and of its root when it does not run'],
  ['network-user', 'networks are made in the namespace of a process that the runtime holds back'],
  ['ports', 'proxies of containers that are children of shims'],
];

/** Paths from the repository's root. Throws for a file that is not there. */
export function splitTests(root: string): string[] {
  return CHOSEN.map(([name]) => {
    const path = `test/integration/${name}.test.ts`;
    if (!existsSync(join(root, path))) throw new Error(`no test file ${path}`);
    return path;
  });
}
