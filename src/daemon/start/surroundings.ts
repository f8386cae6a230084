// What containers run in and with: plugins, network, runtime, volumes. It knows no container.
import { join } from 'node:path';
import { startNetwork } from '../../network/service.ts';
import { Plugins } from '../../plugin/plugins.ts';
import type { HostRuntime } from '../../runtime/host-runtime.ts';
import { InProcessRuntime } from '../../runtime/inprocess.ts';
import { openVolumes } from '../../volume/open-volumes.ts';
import { formatTime } from '../clock.ts';
import type { Host } from './host.ts';

export interface Surroundings {
  readonly plugins: Plugins;
  readonly network: ReturnType<typeof startNetwork>;
  readonly runtime: HostRuntime;
  readonly volumes: ReturnType<typeof openVolumes>;
  /** What the host lacks, as /info tells it. */
  readonly warnings: readonly string[];
}

export function openSurroundings(host: Host): Surroundings {
  const { config, native, db, ledger, clock, events, log, held, turns, split } = host;
  const { dataRoot, execRoot } = config;
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(`WARNING: ${message}`);
    log.warn(message);
  };
  const plugins = new Plugins({ directories: config.pluginDirectories, patience: config.pluginTimeout * 1000, log });
  const { bridge, bip, mtu, icc, ipMasq, addressPools: pools, publishOn, userlandProxy: proxies, cluster } = config;
  const network = startNetwork({
    ...{ db, native, ledger, bridge, bip, mtu, icc, ipMasq, publishOn, proxies, cluster, plugins, warn },
    passing: (message) => log.warn(message),
    ...(pools.length > 0 ? { pools } : {}),
  });
  held.defer(() => (split?.livesOn() === true ? network.leaveRunning() : network.close()));
  const inProcess = new InProcessRuntime({
    ...{ native, turns },
    mountPoint: join(execRoot, 'rootfs'),
    seccompDirectory: join(dataRoot, 'seccomp'),
    warn: (container, message) => log.warn(message, { container }),
  });
  const runtime = split?.openRuntime(inProcess) ?? inProcess;
  held.defer(() => runtime.close());
  const volumes = openVolumes({
    ...{ db, native, ledger, dataRoot, plugins, log },
    now: () => formatTime(clock()),
    publish: (action, { name, driver }) => events.emit({ type: 'volume', action, id: name, attributes: { driver } }),
  });
  return { plugins, network, runtime, volumes, warnings };
}
