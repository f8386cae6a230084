// The daemon's entry and composition root: builds every part in the order of the list below and hands each its
// collaborators. It holds no policy of its own; what is built is given back in reverse order at the end.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, release } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../api/app.ts';
import type { AuthorizationBackend } from '../api/authorization.ts';
import { ownBuildRoutes } from '../api/build/own-routes.ts';
import { buildRoutes } from '../api/build/routes.ts';
import { commitRoutes } from '../api/commit/routes.ts';
import { containerRoutes } from '../api/container/routes.ts';
import { execRoutes } from '../api/exec/routes.ts';
import { imageRoutes } from '../api/image/routes.ts';
import { type Listening, listen } from '../api/listeners.ts';
import { metricsRoutes } from '../api/metrics/routes.ts';
import { networkRoutes } from '../api/network/routes.ts';
import { registryRoutes } from '../api/registry/routes.ts';
import { absentRoutes } from '../api/system/absent.ts';
import { diskUsageRoutes } from '../api/system/df.ts';
import { systemRoutes } from '../api/system/routes.ts';
import { volumeRoutes } from '../api/volume/routes.ts';
import { SqliteBuildCache } from '../builder/cache/sqlite.ts';
import { contextReceiver } from '../builder/context/receive.ts';
import { ContextStore } from '../builder/context/store/store.ts';
import { removeWorkspaces } from '../builder/context/workspace.ts';
import { SshSessions } from '../builder/ssh/sessions.ts';
import { selectDriver, standardCandidates } from '../graphdriver/select.ts';
import { ContainerUses } from '../image/container-uses.ts';
import { LayerHolds } from '../image/layer-holds.ts';
import { ImageService } from '../image/service.ts';
import { SqliteImageStore } from '../image/sqlite-store.ts';
import { DriverLayerStore } from '../layer/store.ts';
import { findNativeParts, loadNative } from '../native/load.ts';
import type { Native } from '../native/native.ts';
import { startNetwork } from '../network/service.ts';
import { authorization } from '../plugin/authorization.ts';
import { Plugins } from '../plugin/plugins.ts';
import { Connections } from '../registry/connections.ts';
import { EmbeddedBusybox } from '../registry/embedded.ts';
import { Puller } from '../registry/pull.ts';
import { Pusher } from '../registry/push.ts';
import { RegistryService } from '../registry/service.ts';
import { kernelCapabilities } from '../runtime/capabilities.ts';
import { InProcessRuntime } from '../runtime/inprocess.ts';
import { resolveUser } from '../runtime/users.ts';
import { type Db, openDatabase } from '../store/database.ts';
import { Ledger } from '../store/ledger.ts';
import { Reserve } from '../store/reserve.ts';
import { Settings } from '../store/settings.ts';
import { makeDirectories } from '../util/directories.ts';
import { TskerError } from '../util/errors.ts';
import { createLogger, type Logger } from '../util/log.ts';
import { openVolumes } from '../volume/open-volumes.ts';
import { startWithDaemon } from './autostart.ts';
import { imageFiles } from './build/files.ts';
import { keepContainer } from './build/keep.ts';
import { buildService } from './build/service.ts';
import { createClock, formatTime } from './clock.ts';
import { commitBackend } from './commit.ts';
import type { Container } from './container/container.ts';
import { watchRun } from './container/exit.ts';
import { containerDirectories } from './container/files.ts';
import { monitorHealth } from './container/health-monitor.ts';
import { makeInitLayer } from './container/init-layer.ts';
import type { ResolveUser } from './container/launch.ts';
import { RestartTimers } from './container/restart-timers.ts';
import { containerService } from './container/service.ts';
import { blockDeviceNumbers } from './container/spec/devices.ts';
import { type StartedRun, startAgain } from './container/start.ts';
import { ContainerStore } from './container/store.ts';
import { surviveDefects } from './defects.ts';
import { diskUsageBackend } from './disk-usage.ts';
import { EventLog } from './events.ts';
import { execService } from './exec/service.ts';
import { ExecStore } from './exec/store.ts';
import { memoryNodes } from './host-facts.ts';
import { lockRoot, requireRoot, writePidfile } from './instance.ts';
import { createDefaultLogConfig } from './logging/config.ts';
import { Metrics } from './metrics/metrics.ts';
import { timedService } from './metrics/timed-service.ts';
import { networkService } from './network/service.ts';
import { type DaemonConfig, parseOptions } from './options.ts';
import { recoverHost, restoreContainers } from './restore.ts';
import { SeccompProfiles } from './seccomp-profiles.ts';
import { stopAll, untilSignalled } from './shutdown.ts';
import { goArchitecture, systemInformation } from './system.ts';
import { mountMappedRoot } from './userns/mapped-root.ts';
import { resolveRemap } from './userns/remap.ts';
import { NO_USER_NAMESPACES, type UserNamespaces, userNamespaces } from './userns/remapped.ts';
import { ENGINE_VERSION, USER_AGENT } from './version.ts';
import { volumeHolders } from './volume/holders.ts';
import { volumeService } from './volume/service.ts';

/** Runs the daemon until a signal ends it; `argv` is what follows `tsker daemon`. */
export async function runDaemon(argv: readonly string[]): Promise<void> {
  const config = await parseOptions(argv);
  if (config === undefined) return;
  requireRoot();
  const log = createLogger(config.logLevel, (line) => process.stderr.write(line));
  surviveDefects(log);
  const signalled = untilSignalled(log);
  await using host = await openHost(config, log);
  await using engine = await buildEngine(config, host);
  // Last: what the start itself writes has had its room.
  if (!host.reserve.prepare())
    log.warn('the disk of the data root is nearly full: no container can be made or started');
  await using _listeners = await openListeners(config, engine);
  log.info('the daemon is ready', { pid: process.pid, version: ENGINE_VERSION, driver: engine.driverName });
  host.native.trim();
  log.info('the daemon ends', { signal: await signalled });
}

/** What stands on the host before the engine: directories, native code, lock, database, ledger. */
interface Host extends AsyncDisposable {
  readonly native: Native;
  readonly db: Db;
  readonly ledger: Ledger;
  readonly reserve: Reserve;
  readonly log: Logger;
}

async function openHost(config: DaemonConfig, log: Logger): Promise<Host> {
  await using stack = new AsyncDisposableStack();
  const { dataRoot, execRoot } = config;
  makeDirectories('--data-root', dataRoot, 0o711);
  makeDirectories('--data-root', join(dataRoot, 'containers'), 0o711);
  makeDirectories('--data-root', join(dataRoot, 'tmp'), 0o700);
  makeDirectories('--data-root', join(dataRoot, 'volumes'), 0o701);
  makeDirectories('--exec-root', execRoot, 0o711);

  const parts = findNativeParts([join(execRoot, 'native'), join(dataRoot, 'native')]);
  const native = loadNative(parts);
  stack.use(lockRoot(native, dataRoot));
  stack.use(writePidfile(config.pidfile));

  const database = join(dataRoot, 'tsker.db');
  const db = openDatabase(database, { nativeBinding: parts.loadAddon('better_sqlite3') });
  stack.defer(() => void db.close());
  const reserve = new Reserve(db, database);
  const ledger = new Ledger(db, (ops) => native.runPlan(ops));
  await recoverHost({ ledger, log });
  // At an orderly end as after a crash: what the daemon made for itself (bridge, rules) is undone by the ledger.
  stack.defer(() => ledger.undo('daemon'));

  const held = stack.move();
  return { native, db, ledger, reserve, log, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

interface Engine extends AsyncDisposable {
  readonly driverName: string;
  readonly routers: Parameters<typeof createApp>[0]['routers'];
  readonly authorization: AuthorizationBackend | undefined;
  readonly log: Logger;
  /** Ends all containers. */
  stop(): Promise<void>;
}

async function buildEngine(config: DaemonConfig, { native, db, ledger, reserve, log }: Host): Promise<Engine> {
  await using stack = new AsyncDisposableStack();
  const { dataRoot, execRoot } = config;
  const defaultLog = createDefaultLogConfig(config.logDriver, config.logOptions);
  const settings = new Settings(db);
  const clock = createClock();
  const events = new EventLog(db, clock, reserve);
  stack.defer(() => events.close());

  const driver = await selectDriver({
    candidates: standardCandidates({
      root: dataRoot,
      native,
      effects: ledger,
      storageOptions: config.storageOptions,
    }),
    settings,
    hasLayers: (name) => hasLayers(db, name),
    ...(config.storageDriver === undefined ? {} : { wanted: config.storageDriver }),
  });
  stack.defer(() => driver.close());
  const userns = await openUserNamespaces(config, { native, ledger, driverName: driver.name });
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const layers = new DriverLayerStore({ db, driver, native, root: dataRoot, settings, bootId, log });
  await layers.recover();
  stack.defer(() => layers.sync());

  const holds = new LayerHolds(layers);
  const images = new SqliteImageStore(db, holds);
  const puller = new Puller({
    ...{ db, images, layers, holds, native, userAgent: USER_AGENT },
    embedded: new EmbeddedBusybox(),
    config,
  });
  stack.defer(() => puller.close());
  const connections = new Connections({ config, userAgent: USER_AGENT });
  stack.defer(() => connections.close());
  const pusher = new Pusher({ db, images, layers, holds, native, connections });

  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(`WARNING: ${message}`);
    log.warn(message);
  };
  const plugins = new Plugins({ directories: config.pluginDirectories, patience: config.pluginTimeout * 1000, log });
  const { bridge, bip, mtu, icc, ipMasq, addressPools: pools, publishOn, userlandProxy: proxies } = config;
  const network = startNetwork({
    ...{ db, native, ledger, bridge, bip, mtu, icc, ipMasq, publishOn, proxies, plugins, warn },
    ...(pools.length > 0 ? { pools } : {}),
  });
  stack.defer(() => network.close());
  const runtime = new InProcessRuntime({
    native,
    mountPoint: join(execRoot, 'rootfs'),
    seccompDirectory: join(dataRoot, 'seccomp'),
    warn: (container, message) => log.warn(message, { container }),
  });
  stack.defer(() => runtime.close());

  const containers = new ContainerStore(db);
  const directories = containerDirectories({
    root: join(dataRoot, 'containers'),
    subpaths: join(execRoot, 'subpaths'),
    ledger,
  });
  const seccomp = new SeccompProfiles({ architecture: goArchitecture(), kernelRelease: release() });
  const capabilities = kernelCapabilities();
  const volumes = openVolumes({
    ...{ db, native, ledger, dataRoot, plugins, log },
    now: () => formatTime(clock()),
    publish: (action, { name, driver }) => events.emit({ type: 'volume', action, id: name, attributes: { driver } }),
  });
  await volumes.recover(volumeHolders(containers));
  const execs = new ExecStore();
  const restarts = new RestartTimers({ restart: (container) => startAgain(verbs, container), log });
  const ending = {
    ...{ containers, execs, restarts, layers, directories, events, runtime, network, volumes, ledger, clock, log },
  };
  const verbs = {
    ...{ ...ending, native, images, reserve, userns },
    resolveUser: userResolver(runtime),
    initLayer: makeInitLayer(join(dataRoot, 'init')),
    specHost: {
      capabilities,
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
      defaultLog,
      defaultNetwork: config.bridge === 'none' ? 'none' : 'bridge',
    },
  };
  await restoreContainers(verbs);
  await startWithDaemon(verbs);

  const imageService = new ImageService({
    ...{ images, layers, holds, native, puller, pusher, userAgent: USER_AGENT, root: dataRoot },
    events: { publish: (type, action, id, attributes) => events.emit({ type, action, id, attributes }) },
    usesOf: usesOf(db),
  });
  await imageService.recover();
  const tmp = join(dataRoot, 'tmp');
  await removeWorkspaces(tmp);
  const contexts = new ContextStore({ native, root: join(dataRoot, 'contexts') });
  const ssh = new SshSessions();
  const system = systemInformation({
    facts: {
      ...config,
      volumeDrivers: () => volumes.drivers(),
      engineId: engineId(settings),
      debug: config.logLevel === 'debug',
      cgroupMode: runtime.cgroupLayout.mode,
      limits: () => runtime.limitSupport,
      seccomp: native.features.seccomp,
      userns: userns.enabled,
      apparmor: runtime.apparmor.attribute !== undefined,
      runtime: runtime.name,
      logDriver: defaultLog.Type,
      warnings,
    },
    ...{ containers, images, layers, ledger, events },
  });
  const receiveContext = contextReceiver({
    native,
    tmp: join(dataRoot, 'tmp'),
    userAgent: USER_AGENT,
    store: contexts,
  });
  const builds = buildService({
    ...{ ...verbs, puller, holds, ssh, contexts, receiveContext, execRoot, root: dataRoot },
    cache: new SqliteBuildCache(db),
    processors: availableParallelism(),
    keep: keepContainer({ ...verbs, driverName: layers.driverName }),
  });
  const metrics = stack.use(new Metrics({ containers, events }));
  const held = stack.move();
  return {
    driverName: driver.name,
    authorization: authorizationOf(config.authorizationPlugins, plugins),
    log,
    routers: [
      systemRoutes({ ...system, subscribe: (query, signal) => events.subscribe(query, signal) }),
      containerRoutes(timedService(containerService(verbs), metrics)),
      metricsRoutes(metrics),
      execRoutes(execService(verbs)),
      imageRoutes(imageService),
      diskUsageRoutes(
        diskUsageBackend({
          ...{ native, volumes, root: dataRoot, images: imageService, containers: containerService(verbs) },
          isContainer: (cacheId) => containers.get(cacheId) !== undefined,
        }),
      ),
      commitRoutes(commitBackend({ images, layers, holds, containers, runtime, events })),
      registryRoutes(new RegistryService(connections)),
      volumeRoutes(volumeService({ native, volumes, events, log })),
      ownBuildRoutes({ contexts, ssh, files: imageFiles({ images, layers, holds, native }) }),
      buildRoutes(builds),
      networkRoutes(networkService(verbs)),
      absentRoutes(log),
    ],
    stop: () => stopAll({ containers, restarts, runtime, events, log }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Containers that are told nothing else run with the ids of --userns-remap. */
async function openUserNamespaces(
  { usernsRemap, dataRoot, execRoot }: DaemonConfig,
  { native, ledger, driverName }: Pick<Host, 'native' | 'ledger'> & { readonly driverName: string },
): Promise<UserNamespaces> {
  if (usernsRemap === undefined) return NO_USER_NAMESPACES;
  if (driverName === 'devicemapper') {
    throw new TskerError('unsupported', '--userns-remap does not go with devicemapper, whose layers are mounts');
  }
  const maps = resolveRemap(usernsRemap);
  const mappedRoot = join(execRoot, 'remapped');
  await mountMappedRoot({
    native,
    ledger,
    root: dataRoot,
    parts: [join(dataRoot, driverName)],
    target: mappedRoot,
    maps,
  });
  return userNamespaces({ maps, dataRoot, mappedRoot });
}

/** The API is the last to come and the first to go; clients hear of the containers' end before they are cut off. */
async function openListeners(
  config: DaemonConfig,
  { routers, authorization, log, stop }: Engine,
): Promise<AsyncDisposable> {
  const app = createApp({ engineVersion: ENGINE_VERSION, routers, authorization, log });
  const open: Listening[] = [];
  const close = async (): Promise<void> => {
    const closed = open.map((one) => one.close());
    await stop();
    for (const one of open) one.cutOff();
    await Promise.all(closed);
  };
  try {
    for (const address of config.addresses) open.push(await listen({ address, group: config.group, listener: app }));
  } catch (error) {
    await close();
    throw error;
  }
  return { [Symbol.asyncDispose]: close };
}

function authorizationOf(names: readonly string[], plugins: Plugins): AuthorizationBackend | undefined {
  return names.length === 0 ? undefined : authorization({ names, plugins });
}

function hasLayers(db: Db, driver: string): boolean {
  const tables = ['layers', 'container_layers'];
  return tables.some(
    (table) => db.prepare(`SELECT 1 FROM ${table} WHERE driver = ? LIMIT 1`).get(driver) !== undefined,
  );
}

function usesOf(db: Db): ContainerUses['of'] {
  const uses = new ContainerUses(db);
  return (imageId) => uses.of(imageId);
}

/** Reads passwd and group once for an image, by way of the runtime's knowledge of its layers. */
function userResolver({ roots }: InProcessRuntime): ResolveUser {
  return (rootfs, user, groupAdd) => {
    const files = roots.get(rootfs, 'users', (reader) => ({
      passwd: reader.readText('/etc/passwd'),
      group: reader.readText('/etc/group'),
    }));
    return resolveUser(user, files, groupAdd);
  };
}

function engineId(settings: Settings): string {
  const known = settings.get('engine-id');
  if (known !== undefined) return known;
  const id = randomUUID();
  settings.set('engine-id', id);
  return id;
}
