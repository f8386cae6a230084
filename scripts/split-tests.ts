// Which integration tests run in the split architecture as well: container life, and what reaches into a running container. What images,
// builds, registries and the command line do is the same code in both, and runs once. Each line says what differs behind it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

//
// Of the runtime's own tests one file is about the monolith alone: runtime-security has a runtime that leaks descriptors to the helper
// that it spawns itself. What the daemon's own children are, and do when it dies, is host-clean's; split's is in split*.test.ts,
// which make daemons of their own and run with all the others.
const CHOSEN: readonly (readonly [name: string, reason: string])[] = [
  ['runtime', 'a spec is completed for an OCI runtime, whose program makes of it what ours does'],
  ['runtime-control', 'limits, exec, pause and failures of it, by the same interface'],
  ['runtime-namespaces', 'namespaces shared, joined and set up between create and start; --init; propagation'],
  ['container', "create to remove: every verb goes to containerd, a shim and the runtime's command line"],
  ['lifecycle', 'stop, kill, wait, rename, --init and the order of events: exits are told by a shim'],
  ['exec', 'a runtime command for each, streams and terminals through the shim'],
  ['pause', 'the runtime has the freezer; kill and stop of what it has frozen'],
  ['restart', 'policies hear of ends from containerd'],
  ['restart-daemon', 'what a daemon starts again, when its containers were killed with it or it was to end them'],
  ['recovery', 'a daemon that is killed while containers come and go'],
  ['lifecycle-stress', 'many at once, and a daemon that is killed in the middle of it'],
  ['health', 'checks are execs, in a hurry'],
  ['logging-containers', 'output comes through FIFOs that a shim keeps open'],
  ['attach-websocket', 'so does what a client sees and types'],
  ['stats', 'figures of cgroups that the runtime has made'],
  ['limits', 'limits are written by the runtime, and the ends they bring told by the shim'],
  ['options', 'what a spec says of user, groups, sysctls, devices and rlimits'],
  ['options-run', 'the rest of `run`: streams, files, signals that a client passes on'],
  ['namespaces', 'those of the host and of other containers'],
  ['security', 'what a hostile container tries, with another parent and another helper'],
  ['userns', 'mapped ids, from the root file system to the streams'],
  ['mounts', 'bind mounts, propagation, tmpfs, by way of the bundle'],
  ['volume', 'volumes that a bundle mounts'],
  ['exec-docker', 'execs beside those of dockerd'],
  ['network-links', 'names and rules between containers whose networks are made from outside'],
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
