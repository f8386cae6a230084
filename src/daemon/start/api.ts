// The API over the verbs: every router with the backend it declares, and the sockets it is served on.

import type { Address } from '../../api/address.ts';
import { createApp } from '../../api/app.ts';
import type { AuthorizationBackend } from '../../api/authorization.ts';
import { ownBuildRoutes } from '../../api/build/own-routes.ts';
import { buildRoutes } from '../../api/build/routes.ts';
import { commitRoutes } from '../../api/commit/routes.ts';
import { ownContainerRoutes } from '../../api/container/own-routes.ts';
import { containerRoutes } from '../../api/container/routes.ts';
import { execRoutes } from '../../api/exec/routes.ts';
import { explainRoutes } from '../../api/explain/routes.ts';
import { ownImageRoutes } from '../../api/image/own-routes.ts';
import { imageRoutes } from '../../api/image/routes.ts';
import { type Listening, listen } from '../../api/listeners.ts';
import { metricsRoutes } from '../../api/metrics/routes.ts';
import { networkRoutes } from '../../api/network/routes.ts';
import { registryRoutes } from '../../api/registry/routes.ts';
import { activatedDescriptors, forgetActivation } from '../../api/socket-activation.ts';
import { absentRoutes } from '../../api/system/absent.ts';
import type { SystemInformation } from '../../api/system/backend.ts';
import { diskUsageRoutes } from '../../api/system/df.ts';
import { systemRoutes } from '../../api/system/routes.ts';
import { readTls } from '../../api/tls.ts';
import { volumeRoutes } from '../../api/volume/routes.ts';
import { authorization } from '../../plugin/authorization.ts';
import type { Plugins } from '../../plugin/plugins.ts';
import { RegistryService } from '../../registry/service.ts';
import { imageFiles } from '../build/files.ts';
import { commitBackend } from '../commit.ts';
import { containerService } from '../container/service.ts';
import { diskUsageBackend } from '../disk-usage.ts';
import { execService } from '../exec/service.ts';
import { explainService } from '../explain/service.ts';
import { SteppedStarts } from '../explain/stepped-starts.ts';
import { Metrics } from '../metrics/metrics.ts';
import { timedService } from '../metrics/timed-service.ts';
import { networkService } from '../network/service.ts';
import { stopAll } from '../shutdown.ts';
import { ENGINE_VERSION } from '../version.ts';
import { volumeService } from '../volume/service.ts';
import type { Verbs } from './containers.ts';
import type { Host } from './host.ts';
import type { Images } from './images.ts';
import type { Storage } from './storage.ts';
import type { Surroundings } from './surroundings.ts';
import type { Transfers } from './transfers.ts';

type App = ReturnType<typeof createApp>;

/** What the routers are made of. */
export type Engine = Storage & Transfers & Surroundings & Images & { readonly system: SystemInformation };

export function assembleApi({ config, live, native, events, log, held }: Host, engine: Engine, verbs: Verbs): App {
  const { images, layers, holds, volumes, runtime, imageService, contexts, ssh, plugins } = engine;
  const { containers } = verbs;
  const service = containerService(verbs);
  const isGuarded = (): boolean => live.current.authorizationPlugins.length > 0;
  const metrics = held.use(new Metrics({ containers, events }));
  const stepped = held.use(new SteppedStarts());
  const usage = diskUsageBackend({
    ...{ native, volumes, root: config.dataRoot, images: imageService, containers: service },
    isContainer: (cacheId) => containers.get(cacheId) !== undefined,
    builds: engine.builds,
  });
  return createApp({
    engineVersion: ENGINE_VERSION,
    authorization: () => authorizationOf(live.current.authorizationPlugins, plugins),
    log,
    logsRequests: () => live.current.logLevel === 'debug',
    routers: [
      systemRoutes({ ...engine.system, subscribe: (query, signal) => events.subscribe(query, signal) }),
      explainRoutes(explainService({ ...verbs, stepped })),
      containerRoutes(timedService(service, metrics)),
      ownContainerRoutes(service, { isGuarded }),
      metricsRoutes(metrics),
      execRoutes(execService(verbs)),
      imageRoutes(imageService),
      ownImageRoutes(imageService, { isGuarded }),
      diskUsageRoutes(usage),
      commitRoutes(commitBackend({ images, layers, holds, containers, runtime, events })),
      registryRoutes(new RegistryService(engine.connections)),
      volumeRoutes(volumeService({ native, volumes, events, log })),
      ownBuildRoutes({ contexts, ssh, files: imageFiles({ images, layers, holds, native }) }),
      buildRoutes(engine.builds),
      networkRoutes(networkService(verbs)),
      absentRoutes(log),
    ],
  });
}

function authorizationOf(names: readonly string[], plugins: Plugins): AuthorizationBackend | undefined {
  return names.length === 0 ? undefined : authorization({ names, plugins });
}

/**
 * The API is the last to come and the first to go: no new connections, then the end of all containers (or of our part in
 * them), of which clients hear before they are cut off.
 */
export async function openListeners({ config, live, held, split }: Host, app: App, verbs: Verbs): Promise<void> {
  const open: Listening[] = [];
  held.defer(async () => {
    const closed = open.map((one) => one.close());
    if (config.liveRestore && split !== undefined) await split.leaveAll(verbs);
    else await stopAll({ ...verbs, shutdownTimeout: live.current.shutdownTimeout });
    for (const one of open) one.cutOff();
    await Promise.all(closed);
  });
  const tls = config.tls === undefined ? undefined : readTls(config.tls);
  for (const address of config.addresses.flatMap(activated)) {
    open.push(await listen({ address, group: config.group, listener: app, tls }));
  }
  forgetActivation(process.env);
}

/** A descriptor of systemd's for each address that means one. */
function activated(address: Address): Address[] {
  if (address.kind !== 'fd') return [address];
  const descriptors = activatedDescriptors(process.env, { pid: process.pid, wanted: address.fd });
  return descriptors.map((fd) => ({ kind: 'fd', fd }));
}
