// The layers of one build: what it holds so that nobody removes it meanwhile, the workspaces it opens, the trees it reads.
import { mkdirSync } from 'node:fs';
import { detectRemote } from '../../builder/context/remote/detect.ts';
import { cloneRepository } from '../../builder/context/remote/git.ts';
import { makeWorkspace } from '../../builder/context/workspace.ts';
import type { BuildLayers, MadeLayer, Tree, Workspace } from '../../builder/host.types.ts';
import { scanTree } from '../../graphdriver/scan.ts';
import { changedBytes, toTree } from '../../graphdriver/tree.ts';
import type { Hold, LayerHolds } from '../../image/layer-holds.ts';
import { packChanges } from '../../layer/archive.ts';
import { O_CLOEXEC, O_DIRECTORY, O_PATH } from '../../native/linux.ts';
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import { streamOf } from './stream.ts';
import { DirectoryTree } from './tree.ts';
import { openWorkspace, type WorkspaceDependencies } from './workspace.ts';

export interface LayersDependencies extends WorkspaceDependencies {
  readonly holds: LayerHolds;
  /** <root>/tmp. */
  readonly tmp: string;
  /** An empty directory: the tree of nothing. */
  readonly emptyDirectory: string;
}

export function buildLayers(dependencies: LayersDependencies): BuildLayers {
  const { layers, holds, native } = dependencies;
  const held: Hold[] = [];
  const made = new Set<string>();
  const release = async (): Promise<void> => {
    for (const hold of held.splice(0)) await hold.end();
    for (const chainId of made) await holds.release(chainId);
  };
  const keep = <T extends MadeLayer | undefined>(layer: T): T => {
    if (layer === undefined) return layer;
    held.push(holds.hold([layer.chainId]));
    made.add(layer.chainId);
    return layer;
  };
  return {
    has: (chainId) => layers.get(chainId) !== undefined,
    size: (chainId) => layers.get(chainId)?.size ?? 0,
    hold: (chainIds) => void held.push(holds.hold(chainIds)),
    open: async (chainId): Promise<Workspace> => {
      const workspace = await openWorkspace(dependencies, chainId);
      const commit = workspace.commit.bind(workspace);
      workspace.commit = async (request) => keep(await commit(request));
      return workspace;
    },
    tree: (chainId) => layerTree(dependencies, chainId),
    directory: async (root) => new DirectoryTree({ native, root, owners: false, release: async () => undefined }),
    repository: (remote, signal) => repositoryTree(dependencies, remote, signal),
    rebase: async (chainId, onto, signal) => keep(await rebase(dependencies, { chainId, onto }, signal)),
    squash: async (base, top, signal) => keep(await squash(dependencies, { base, top }, signal)),
    stream: (bytes) => streamOf(native, bytes),
    release,
  };
}

async function layerTree(
  { layers, native, emptyDirectory }: LayersDependencies,
  chainId: string | undefined,
): Promise<Tree> {
  if (chainId === undefined) {
    mkdirSync(emptyDirectory, { recursive: true, mode: 0o755 });
    return new DirectoryTree({ native, root: emptyDirectory, owners: true, release: async () => undefined });
  }
  const { path, release } = await layers.mountLayer(chainId);
  return new DirectoryTree({ native, root: path, owners: true, release });
}

/** Its files are gone when the tree is closed. */
async function repositoryTree({ native, tmp }: LayersDependencies, url: string, signal: AbortSignal): Promise<Tree> {
  const remote = detectRemote(url);
  if (remote.kind !== 'git') throw new TskerError('invalid', `${url} is no address of a git repository`);
  const workspace = makeWorkspace(native, tmp);
  try {
    const root = await cloneRepository({ remote, directory: workspace.path, signal });
    return new DirectoryTree({ native, root, owners: false, release: workspace.remove });
  } catch (error) {
    await workspace.remove().catch((cleanup: unknown) => {
      throw withCleanupFailure(error, cleanup);
    });
    throw error;
  }
}

/** Its tar, as it was recorded, on another chain: the same layer there, with the same diff id. */
async function rebase(
  { native, layers }: LayersDependencies,
  { chainId, onto }: { readonly chainId: string; readonly onto: string },
  signal: AbortSignal,
): Promise<MadeLayer> {
  const pipe = native.pipe({ nonblock: true, wide: true });
  const written = layers.writeTar(chainId, { fd: pipe.write, signal });
  const staging = layers.stage({ fd: pipe.read, parent: Promise.resolve(layers.get(onto)), signal });
  const [tar, staged] = await Promise.allSettled([written, staging]);
  if (staged.status === 'rejected') throw tar.status === 'rejected' ? tar.reason : staged.reason;
  if (tar.status === 'rejected') {
    await staged.value.discard();
    throw tar.reason;
  }
  const { diffId, chainId: made, size } = await staged.value.commit(onto);
  return { diffId, chainId: made, size };
}

/** Both trees are read as they are seen, so that what was made and removed again on the way leaves no trace. */
async function squash(
  dependencies: LayersDependencies,
  { base, top }: { readonly base: string | undefined; readonly top: string | undefined },
  signal: AbortSignal,
): Promise<MadeLayer | undefined> {
  const { native, layers } = dependencies;
  if (base === top) return undefined;
  await using before = disposable(await layerTree(dependencies, base));
  await using after = disposable(await layerTree(dependencies, top));
  const [old, now] = await Promise.all([
    scanTree(native, before.tree.hostPath('/')),
    scanTree(native, after.tree.hostPath('/')),
  ]);
  const changes = changedBytes(toTree(old), toTree(now));
  if (changes.length === 0) return undefined;
  const root = native.open(after.tree.hostPath('/'), O_PATH | O_DIRECTORY | O_CLOEXEC);
  try {
    const packed = packChanges(native, { root, changes }, { signal });
    const parent = Promise.resolve(base === undefined ? undefined : layers.get(base));
    const [staged] = await Promise.all([layers.stage({ fd: packed.fd, parent, signal }), packed.finished]);
    const { diffId, chainId, size } = await staged.commit(base);
    return { diffId, chainId, size };
  } finally {
    native.close(root);
  }
}

function disposable(tree: Tree): AsyncDisposable & { readonly tree: Tree } {
  return { tree, [Symbol.asyncDispose]: () => tree.close() };
}
