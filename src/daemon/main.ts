// The daemon's entry and composition root: the start as a list, each line a part that is handed those before it. It holds no
// policy; what is built (start/) is given back in reverse order at the end.
import { preferEventLoop } from '../native/threads.ts';
import { createLogger } from '../util/log.ts';
import { startWithDaemon } from './autostart.ts';
import { surviveDefects } from './defects.ts';
import { requireRoot } from './instance.ts';
import { LiveConfig } from './live-config.ts';
import { notifySystemd } from './notify.ts';
import { parseOptions } from './options.ts';
import { reloadOnHangup } from './reload.ts';
import { restoreContainers } from './restore.ts';
import { untilSignalled } from './shutdown.ts';
import { assembleApi, openListeners } from './start/api.ts';
import { openContainers } from './start/containers.ts';
import { openHost } from './start/host.ts';
import { openImages } from './start/images.ts';
import { openStorage } from './start/storage.ts';
import { openSurroundings } from './start/surroundings.ts';
import { openSystem } from './start/system.ts';
import { openTransfers } from './start/transfers.ts';
import { ENGINE_VERSION } from './version.ts';

/** Runs the daemon until a signal ends it; `argv` is what follows `tsker daemon`. */
export async function runDaemon(argv: readonly string[]): Promise<void> {
  const config = await parseOptions(argv);
  if (config === undefined) return;
  requireRoot();
  const live = new LiveConfig(config);
  const log = createLogger(
    () => live.current.logLevel,
    (line) => process.stderr.write(line),
  );
  surviveDefects(log);
  reloadOnHangup(argv, live, log);
  const signalled = untilSignalled(log);

  await using held = new AsyncDisposableStack();
  const host = await openHost({ live, log, held });
  const storage = await openStorage(host);
  const transfers = openTransfers(host, storage);
  const surroundings = openSurroundings(host);
  const verbs = await openContainers(host, storage, surroundings);
  await restoreContainers({ ...verbs, ...host.split?.revival(verbs) });
  await surroundings.network.ready();
  await startWithDaemon(verbs);
  const images = await openImages(host, storage, transfers, verbs);
  const system = openSystem(host, surroundings, verbs);
  const api = assembleApi(host, { ...storage, ...transfers, ...surroundings, ...images, system }, verbs);
  // Late: what the start itself writes has had its room.
  if (!host.reserve.prepare())
    log.warn('the disk of the data root is nearly full: no container can be made or started');
  await openListeners(host, api, verbs);

  log.info('the daemon is ready', { pid: process.pid, version: ENGINE_VERSION, driver: storage.layers.driverName });
  host.native.trim();
  preferEventLoop(host);
  const systemd = { native: host.native, log, socket: process.env['NOTIFY_SOCKET'] };
  notifySystemd(systemd, 'READY=1');
  log.info('the daemon ends', { signal: await signalled });
  notifySystemd(systemd, 'STOPPING=1');
}
