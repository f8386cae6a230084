// Everything the verbs of containers, execs and networks need, put together once. Each verb declares which of it it takes; a
// run's end needs less than a start, and is known to it.
import { availableParallelism, hostname, release } from 'node:os';
import { join } from 'node:path';
import { kernelCapabilities } from '../../runtime/capabilities.ts';
import type { RootCache } from '../../runtime/rootfs/cache.ts';
import { parseUsers, resolveUser } from '../../runtime/users.ts';
import type { Container } from '../container/container.ts';
import { watchRun } from '../container/exit.ts';
import { containerDirectories } from '../container/files.ts';
import { monitorHealth } from '../container/health-monitor.ts';
import { makeInitLayer } from '../container/init-layer.ts';
import type { ResolveUser } from '../container/launch.ts';
import { OWN_STREAMS } from '../container/open-io.ts';
import { RestartTimers } from '../container/restart-timers.ts';
import { blockDeviceNumbers } from '../container/spec/devices.ts';
import { type StartedRun, startAgain } from '../container/start.ts';
import { ContainerStore } from '../container/store.ts';
import { ExecStore } from '../exec/store.ts';
import { memoryNodes } from '../host-facts.ts';
import { createDefaultLogConfig } from '../logging/config.ts';
import { SeccompProfiles } from '../seccomp-profiles.ts';
import { goArchitecture } from '../system.ts';
import { volumeHolders } from '../volume/holders.ts';
import type { Host } from './host.ts';
import type { Storage } from './storage.ts';
import type { Surroundings } from './surroundings.ts';

export type Verbs = Awaited<ReturnType<typeof openContainers>>;

export async function openContainers(
  host: Host,
  { layers, images, userns }: Storage,
  { network, runtime, volumes }: Surroundings,
) {
  const { config, native, db, ledger, reserve, clock, events, log, turns, split } = host;
  const { dataRoot, execRoot } = config;
  const containers = new ContainerStore(db);
  await volumes.recover(volumeHolders(containers));
  const directories = containerDirectories({
    root: join(dataRoot, 'containers'),
    subpaths: join(execRoot, 'subpaths'),
    ledger,
  });
  const seccomp = new SeccompProfiles({ architecture: goArchitecture(), kernelRelease: release() });
  const execs = new ExecStore();
  const restarts = new RestartTimers({ restart: (container) => startAgain(verbs, container), log });
  const ending = {
    ...{ containers, execs, restarts, layers, directories, events, runtime, network, volumes },
    ...{ ledger, clock, log, turns },
  };
  const verbs = {
    ...{ ...ending, native, images, reserve, userns },
    streams: split?.streams ?? OWN_STREAMS,
    journal: split?.journal,
    resolveUser: userResolver(runtime),
    initLayer: makeInitLayer(join(dataRoot, 'init')),
    specHost: {
      capabilities: kernelCapabilities(),
      seccomp: seccomp.resolve.bind(seccomp),
      deviceNumbers: blockDeviceNumbers,
      apparmor: runtime.apparmor,
    },
    watchRun: (container: Container, run: StartedRun): void => {
      watchRun(ending, container, run);
      monitorHealth(verbs, container, run);
    },
    host: {
      hostname: hostname(),
      processors: availableParallelism(),
      memoryNodes: memoryNodes(),
      cgroupnsMode: runtime.cgroupLayout.mode === 'v2' ? 'private' : 'host',
      runtime: runtime.name,
      limits: () => runtime.limitSupport,
      defaultLog: createDefaultLogConfig(config.logDriver, config.logOptions),
      defaultNetwork: config.bridge === 'none' ? 'none' : 'bridge',
    },
  };
  return verbs;
}

/** Reads passwd and group once for an image, by way of the runtime's knowledge of its layers. */
function userResolver({ roots }: { readonly roots: RootCache }): ResolveUser {
  return (rootfs, user, groupAdd) => {
    const users = roots.get(rootfs, 'users', (reader) =>
      parseUsers(reader.readText('/etc/passwd'), reader.readText('/etc/group')),
    );
    return resolveUser(user, users, groupAdd);
  };
}
