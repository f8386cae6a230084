// The builds of the daemon: what a request needs is received, handed to the engine of builder/, and given back whatever
// happens.
import { join } from 'node:path';
import type { BuildBackend, BuildRequest, BuildStream } from '../../api/build/backend.ts';
import type { Preamble } from '../../api/build/preamble.ts';
import type { BuildOptions } from '../../builder/build.types.ts';
import { prunedRows } from '../../builder/cache/prune.ts';
import type { SqliteBuildCache } from '../../builder/cache/sqlite.ts';
import type { ReceiveContext } from '../../builder/context/context.ts';
import type { ContextStore } from '../../builder/context/store/store.ts';
import { RunError } from '../../builder/dispatch/run.ts';
import { runBuild } from '../../builder/engine.ts';
import type { BuildHost } from '../../builder/host.types.ts';
import type { SshSessions } from '../../builder/ssh/sessions.ts';
import type { LayerHolds } from '../../image/layer-holds.ts';
import { parseSignal } from '../../native/signals.ts';
import { formatTime } from '../clock.ts';
import { cacheMounts } from './cache-mounts.ts';
import { type BuildImagesDependencies, buildImages } from './images.ts';
import { buildLayers, type LayersDependencies } from './layers.ts';

export interface BuildDependencies
  extends Omit<LayersDependencies, 'emptyDirectory' | 'tmp'>,
    Pick<BuildImagesDependencies, 'puller' | 'events' | 'images'> {
  readonly cache: SqliteBuildCache;
  readonly holds: LayerHolds;
  readonly receiveContext: ReceiveContext;
  /** Contexts of clients on this machine, kept for their next build. */
  readonly contexts: Pick<ContextStore, 'prune'>;
  readonly ssh: Pick<SshSessions, 'sockets'>;
  /** The data root. */
  readonly root: string;
  /** For sockets, whose paths must be short. */
  readonly execRoot: string;
  readonly processors: number;
}

/** Bytes of layers that the cache may keep for nobody but itself; above it what was used longest ago goes. */
const CACHE_LIMIT = 20 * 1024 ** 3;

export function buildService(dependencies: BuildDependencies): BuildBackend {
  const mounts = cacheMounts({ native: dependencies.native, directory: join(dependencies.root, 'build-cache') });
  const host = (): BuildHost => ({
    images: buildImages(dependencies),
    layers: buildLayers({
      ...dependencies,
      tmp: join(dependencies.root, 'tmp'),
      emptyDirectory: join(dependencies.root, 'empty'),
    }),
    cache: dependencies.cache,
    cacheMounts: mounts,
    isSignal: (text) => parseSignal(text) !== undefined,
    now: () => formatTime(dependencies.clock()),
    parallelism: Math.max(2, dependencies.processors),
  });
  return {
    build: (request, input, stream) => build(dependencies, host(), { request, input, stream }),
    codeOf: (error) => (error instanceof RunError ? error.commandCode : undefined),
    prune: async (request) => {
      if (request.all) await dependencies.contexts.prune();
      return await prune(dependencies, request);
    },
  };
}

interface Building {
  readonly request: BuildRequest;
  readonly input: Preamble;
  readonly stream: BuildStream;
}

async function build(
  dependencies: BuildDependencies,
  host: BuildHost,
  { request, input, stream }: Building,
): Promise<{ readonly imageId: string }> {
  const { receiveContext, ssh, execRoot } = dependencies;
  const { emit, signal } = stream;
  const output = { send: emit };
  await using stack = new AsyncDisposableStack();
  const { remote, token, dockerfile } = request;
  const context = await receiveContext({ body: input.body, remote, token, dockerfile, output, signal });
  stack.defer(() => context.release());
  let agents: ReadonlyMap<string, string> = new Map();
  if (input.ssh !== undefined) {
    const sockets = await ssh.sockets({ ...input.ssh, directory: execRoot });
    stack.defer(() => sockets.close());
    agents = sockets.paths;
  }
  const options: BuildOptions = { ...request, secrets: input.secrets, ssh: agents };
  const result = await runBuild({ host, options, context, output, signal });
  await prune(dependencies, { all: true, keepStorage: CACHE_LIMIT, until: undefined });
  return result;
}

/** Layers that were kept for the cache alone go with their steps. */
async function prune(
  { cache, holds, layers }: BuildDependencies,
  request: { readonly all: boolean; readonly keepStorage: number; readonly until: number | undefined },
): Promise<{ readonly deleted: readonly string[]; readonly reclaimed: number }> {
  const rows = prunedRows(cache.list(), request);
  if (rows.length === 0) return { deleted: [], reclaimed: 0 };
  cache.delete(rows.map(({ key }) => key));
  const chains = new Map(
    rows.flatMap(({ chainId, size }) => (chainId === undefined ? [] : [[chainId, size] as const])),
  );
  const present = [...chains].filter(([chainId]) => layers.get(chainId) !== undefined);
  for (const [chainId] of present) await holds.release(chainId);
  // Only now: a layer goes with the last of those that stand on it.
  const gone = present.filter(([chainId]) => layers.get(chainId) === undefined);
  const reclaimed = gone.reduce((sum, [, size]) => sum + size, 0);
  return { deleted: rows.map(({ key }) => key.slice(0, 25)), reclaimed };
}
