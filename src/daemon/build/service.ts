// The builds of the daemon: what a request needs is received, handed to the engine of builder/, and given back whatever
// happens.
import { join } from 'node:path';
import type { BuildBackend, BuildRequest, BuildStream } from '../../api/build/backend.ts';
import type { Preamble } from '../../api/build/preamble.ts';
import type { BuildOptions } from '../../builder/build.types.ts';
import type { SqliteBuildCache } from '../../builder/cache/sqlite.ts';
import type { ReceiveContext } from '../../builder/context/context.ts';
import type { ContextStore } from '../../builder/context/store/store.ts';
import { RunError } from '../../builder/dispatch/run.ts';
import { runBuild } from '../../builder/engine.ts';
import type { BuildHost } from '../../builder/host.types.ts';
import type { SshSessions } from '../../builder/ssh/sessions.ts';
import type { LayerHolds } from '../../image/layer-holds.ts';
import { parseSignal } from '../../native/signals.ts';
import type { BuildCacheUsage } from '../../types/disk-usage.ts';
import { formatTime } from '../clock.ts';
import { BuildLeavings } from './cache.ts';
import { cacheMounts } from './cache-mounts.ts';
import { type BuildImagesDependencies, buildImages } from './images.ts';
import { buildLayers, type LayersDependencies } from './layers.ts';
import { openOverflow } from './overflow.ts';

export interface BuildDependencies
  extends Omit<LayersDependencies, 'emptyDirectory' | 'tmp'>,
    Pick<BuildImagesDependencies, 'puller' | 'events' | 'images'> {
  readonly cache: SqliteBuildCache;
  readonly holds: LayerHolds;
  readonly receiveContext: ReceiveContext;
  /** Contexts of clients on this machine, kept for their next build. */
  readonly contexts: Pick<ContextStore, 'list' | 'remove'>;
  readonly ssh: Pick<SshSessions, 'sockets'>;
  /** The data root. */
  readonly root: string;
  /** For sockets, whose paths must be short. */
  readonly execRoot: string;
  readonly processors: number;
}

/** Steps at the same time, whatever the number of cores: a build mostly waits, for packages, for disks, for what it tests. */
const STEPS_AT_ONCE = 16;
/** Bytes of layers that the cache may keep for nobody but itself; above it what was used longest ago goes. */
const CACHE_LIMIT = 20 * 1024 ** 3;

export interface BuildService extends BuildBackend {
  /** The build cache in `system df`. */
  cacheUsage(): Promise<readonly BuildCacheUsage[]>;
}

export function buildService(dependencies: BuildDependencies): BuildService {
  const { native, root } = dependencies;
  const tmp = join(root, 'tmp');
  const mounts = cacheMounts({ native, tmp, directory: join(root, 'build-cache') });
  const leavings = new BuildLeavings({ ...dependencies, mounts });
  const host = (): BuildHost => ({
    images: buildImages(dependencies),
    layers: buildLayers({
      ...{ ...dependencies, tmp },
      emptyDirectory: join(root, 'empty'),
    }),
    cache: dependencies.cache,
    cacheMounts: mounts,
    isSignal: (text) => parseSignal(text) !== undefined,
    now: () => formatTime(dependencies.clock()),
    openOverflow: () => openOverflow(tmp),
    parallelism: Math.max(STEPS_AT_ONCE, 4 * dependencies.processors),
  });
  return {
    build: async (request, input, stream) => {
      const result = await build(dependencies, host(), { request, input, stream });
      await leavings.shrink(CACHE_LIMIT);
      return result;
    },
    codeOf: (error) => (error instanceof RunError ? error.commandCode : undefined),
    prune: (request) => leavings.prune(request),
    cacheUsage: () => leavings.usage(),
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
  const { receiveContext, ssh, execRoot, userns } = dependencies;
  const { emit, signal } = stream;
  const output = { send: emit };
  await using stack = new AsyncDisposableStack();
  const { remote, token, dockerfile } = request;
  const context = await receiveContext({ body: input.body, remote, token, dockerfile, output, signal });
  stack.defer(() => context.release());
  let agents: ReadonlyMap<string, string> = new Map();
  if (input.ssh !== undefined) {
    const owner = userns.of({ UsernsMode: '' })?.root;
    const sockets = await ssh.sockets({ ...input.ssh, directory: execRoot, owner });
    stack.defer(() => sockets.close());
    agents = sockets.paths;
  }
  const options: BuildOptions = { ...request, secrets: input.secrets, ssh: agents };
  return await runBuild({ host, options, context, output, signal });
}
