// What /info, /version and /tsker/host are told of the parts that stand by now.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { SystemInformation } from '../../api/system/backend.ts';
import type { Settings } from '../../store/settings.ts';
import { describeReload } from '../reload.ts';
import { type SystemFacts, systemInformation } from '../system.ts';
import type { Verbs } from './containers.ts';
import type { Host } from './host.ts';
import type { Surroundings } from './surroundings.ts';

/** Of the configuration, to whoever asks. */
const TOLD = [
  'dataRoot',
  'cluster',
  'logLevel',
  'labels',
  'mirrors',
  'insecureRegistries',
  'authorizationPlugins',
] as const satisfies readonly (keyof SystemFacts['config'])[];

export function openSystem(
  { live, native, settings, ledger, events }: Host,
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
      config: live.pick(...TOLD),
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
