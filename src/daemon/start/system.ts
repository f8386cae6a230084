// What /info, /version and /tsker/host are told of the parts that stand by now.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { SystemInformation } from '../../api/system/backend.ts';
import type { Settings } from '../../store/settings.ts';
import { describeReload } from '../reload.ts';
import { systemInformation } from '../system.ts';
import type { Verbs } from './containers.ts';
import type { Host } from './host.ts';
import type { Surroundings } from './surroundings.ts';

export function openSystem(
  { config, live, native, settings, ledger, events }: Host,
  { runtime, volumes, warnings }: Surroundings,
  { containers, images, layers, userns, host }: Verbs,
): SystemInformation {
  const id = engineId(settings);
  live.onReload((now) => {
    const attributes = { name: hostname(), ...describeReload(now) };
    events.emit({ type: 'daemon', action: 'reload', id, attributes });
  });
  return systemInformation({
    facts: {
      dataRoot: config.dataRoot,
      cluster: config.cluster,
      authorizationPlugins: config.authorizationPlugins,
      get mirrors() {
        return live.current.mirrors;
      },
      get insecureRegistries() {
        return live.current.insecureRegistries;
      },
      get labels() {
        return live.current.labels;
      },
      get debug() {
        return live.current.logLevel === 'debug';
      },
      volumeDrivers: () => volumes.drivers(),
      engineId: id,
      cgroupMode: runtime.cgroupLayout.mode,
      limits: () => runtime.limitSupport,
      seccomp: native.features.seccomp,
      userns: userns.enabled,
      apparmor: runtime.apparmor.attribute !== undefined,
      runtime: runtime.name,
      logDriver: host.defaultLog.Type,
      warnings,
    },
    ...{ containers, images, layers, ledger, events },
  });
}

/** Stays the same for as long as the root does. */
function engineId(settings: Settings): string {
  const known = settings.get('engine-id');
  if (known !== undefined) return known;
  const id = randomUUID();
  settings.set('engine-id', id);
  return id;
}
