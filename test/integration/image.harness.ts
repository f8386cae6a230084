// The image side of the engine, whole: real layers, real database, without daemon and API. Tests of pull, load and import
// share it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { standardCandidates } from '../../src/graphdriver/select.ts';
import { ContainerUses } from '../../src/image/container-uses.ts';
import { LayerHolds } from '../../src/image/layer-holds.ts';
import { ImageService } from '../../src/image/service.ts';
import { SqliteImageStore } from '../../src/image/sqlite-store.ts';
import { DriverLayerStore } from '../../src/layer/store.ts';
import type { Native } from '../../src/native/native.ts';
import { Connections } from '../../src/registry/connections.ts';
import { EmbeddedBusybox, type EmbeddedSource } from '../../src/registry/embedded.ts';
import { Puller, type PullerOptions } from '../../src/registry/pull.ts';
import { Pusher } from '../../src/registry/push.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { Ledger } from '../../src/store/ledger.ts';
import { Settings } from '../../src/store/settings.ts';
import type { ProgressMessage, RegistryAuth } from '../../src/types/image.ts';
import type { Owner } from '../helpers/owner.ts';
import { tempdir, unmountBelow } from '../helpers/tempdir.ts';

export interface EngineOptions {
  readonly native: Native;
  /** Default: a temporary directory. */
  readonly root?: string;
  readonly driver?: 'overlay' | 'vfs';
  readonly config?: Partial<PullerOptions['config']>;
  readonly embedded?: EmbeddedSource;
}

export interface Engine {
  readonly root: string;
  readonly db: Db;
  readonly images: SqliteImageStore;
  readonly layers: DriverLayerStore;
  readonly service: ImageService;
  readonly events: string[];
  pull(name: string, options?: PullOptions): Promise<ProgressMessage[]>;
  push(name: string, options?: Pick<PullOptions, 'tag' | 'auth'>): Promise<ProgressMessage[]>;
  load(archive: Uint8Array, options?: { quiet?: boolean }): Promise<ProgressMessage[]>;
  /** What is left of layers on the disk and in the database, and what spools. */
  leftovers(): string[];
}

export interface PullOptions {
  readonly tag?: string;
  readonly platform?: string;
  readonly auth?: RegistryAuth;
  readonly signal?: AbortSignal;
  readonly onMessage?: (message: ProgressMessage) => void;
}

/** Retries that do not keep a test waiting. */
export const FAST_RETRY = { attempts: 5, baseDelay: 10, maxDelay: 50 };

export async function startEngine(owner: Owner, options: EngineOptions): Promise<Engine> {
  const { native } = options;
  const root = options.root ?? tempdir(owner, 'images');
  const db = openDatabase(join(root, 'tsker.db'));
  const ledger = new Ledger(db, (ops) => native.runPlan(ops));
  const candidate = standardCandidates({ root, native, effects: ledger, storageOptions: [] }).find(
    ({ name }) => name === (options.driver ?? 'overlay'),
  );
  if (candidate === undefined) throw new Error(`no driver ${options.driver}`);
  const driver = await candidate.open();
  const settings = new Settings(db);
  const log = { warn: () => undefined };
  const layers = new DriverLayerStore({ db, driver, native, root, settings, bootId: 'test', log });
  const holds = new LayerHolds(layers);
  const images = new SqliteImageStore(db, holds);
  const uses = new ContainerUses(db);
  const config = { mirrors: [], insecureRegistries: [], retry: FAST_RETRY, stallTimeout: 30_000, ...options.config };
  const embedded = options.embedded ?? new EmbeddedBusybox();
  const puller = new Puller({ db, images, layers, holds, native, embedded, config, userAgent: 'tsker/test' });
  const connections = new Connections({ config, userAgent: 'tsker/test' });
  const pusher = new Pusher({ db, images, layers, holds, native, connections, config });
  const events: string[] = [];
  const service = new ImageService({
    images,
    layers,
    holds,
    native,
    puller,
    pusher,
    root,
    userAgent: 'tsker/test',
    usesOf: (id) => uses.of(id),
    events: { publish: (type, action, id) => void events.push(`${type} ${action} ${id}`) },
  });
  owner.teardown(async () => {
    puller.close();
    connections.close();
    await unmountBelow(root);
    db.close();
  });
  return {
    root,
    db,
    images,
    layers,
    service,
    events,
    pull: (name, request = {}) => pull(service, name, request),
    push: async (name, request = {}) => {
      const messages: ProgressMessage[] = [];
      const emit = (message: ProgressMessage): void => void messages.push(message);
      const { signal } = new AbortController();
      await service.push({ name, tag: request.tag, auth: request.auth }, { emit, signal });
      return messages;
    },
    load: (archive, request = {}) => load(service, archive, request.quiet ?? false),
    leftovers: () => leftovers(root, db, driver.name),
  };
}

async function pull(service: ImageService, name: string, options: PullOptions): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  const signal = options.signal ?? new AbortController().signal;
  const emit = (message: ProgressMessage): void => {
    messages.push(message);
    options.onMessage?.(message);
  };
  const request = { name, tag: options.tag, platform: options.platform, auth: options.auth };
  await service.pull(request, { emit, signal });
  return messages;
}

async function load(service: ImageService, archive: Uint8Array, quiet: boolean): Promise<ProgressMessage[]> {
  const messages: ProgressMessage[] = [];
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < archive.length; at += 65_536) yield archive.subarray(at, at + 65_536);
  }
  const emit = (message: ProgressMessage): void => void messages.push(message);
  await service.load({ body: body(), quiet }, { emit, signal: new AbortController().signal });
  return messages;
}

/** Layer directories are named by 64 hex characters, whatever else a driver keeps. */
function leftovers(root: string, db: Db, driver: string): string[] {
  const home = readdirSync(join(root, driver), { recursive: true, encoding: 'utf8' });
  const directories = home.filter((path) => /^(?:[a-z]+\/)?[0-9a-f]{64}$/.test(path));
  const rows = db
    .prepare<[], { id: string }>(
      'SELECT chain_id AS id FROM layers UNION SELECT id FROM images UNION SELECT digest FROM blobs',
    )
    .all();
  const spools = readdirSync(root).includes('tmp') ? readdirSync(join(root, 'tmp')) : [];
  return [...directories, ...rows.map(({ id }) => id), ...spools];
}
