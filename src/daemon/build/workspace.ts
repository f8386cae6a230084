// The writable layer that a step of a build works in. It is in the ledger as a container's is, so that a daemon that was
// killed leaves nothing of it.
import { chmodSync, chownSync, lstatSync, lutimesSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type {
  CommitRequest,
  Found,
  MadeLayer,
  Owner,
  RunRequest,
  Tree,
  Workspace,
  WritableTree,
} from '../../builder/host.types.ts';
import type { LayerStore } from '../../layer/store.types.ts';
import { TskerError, withCleanupFailure } from '../../util/errors.ts';
import { makeId } from '../container/names.ts';
import type { KeepContainer } from './keep.ts';
import { type RunDependencies, runInLayer } from './run.ts';
import { removeStubs, stubsOf } from './stubs.ts';
import { DirectoryTree } from './tree.ts';

export interface WorkspaceDependencies extends RunDependencies {
  readonly layers: LayerStore;
  readonly keep: KeepContainer;
}

/** The archive without a member: 1024 zeros. */
const EMPTY_TAR = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

export async function openWorkspace(
  dependencies: WorkspaceDependencies,
  chainId: string | undefined,
): Promise<Workspace> {
  const { directories, layers } = dependencies;
  const id = makeId();
  directories.create(id);
  try {
    await layers.createContainerLayer(id, chainId);
  } catch (error) {
    await directories.remove(id).catch((cleanup: unknown) => {
      throw withCleanupFailure(error, cleanup);
    });
    throw error;
  }
  return new LayerWorkspace(dependencies, id, chainId);
}

class LayerWorkspace implements Workspace {
  readonly id: string;
  readonly #dependencies: WorkspaceDependencies;
  readonly #chainId: string | undefined;
  #kept = false;

  constructor(dependencies: WorkspaceDependencies, id: string, chainId: string | undefined) {
    this.id = id;
    this.#dependencies = dependencies;
    this.#chainId = chainId;
  }

  /** Where mounts had to be made into the image is taken back: an empty directory is no change of the command's. */
  async run(request: RunRequest): Promise<{ readonly exitCode: number }> {
    const targets = request.mounts.map(({ target }) => target);
    if (targets.length === 0) return await runInLayer(this.#dependencies, this.id, request);
    const stubs = await this.#with((tree) => stubsOf(tree, targets));
    const result = await runInLayer(this.#dependencies, this.id, request);
    await this.#with((tree) => removeStubs(tree, stubs));
    return result;
  }

  async tree(): Promise<WritableTree> {
    const { layers, native } = this.#dependencies;
    const { path, release } = await layers.mountContainer(this.id);
    return new DirectoryTree({ native, root: path, owners: true, release });
  }

  async privateFile(
    name: string,
    content: Uint8Array,
    { uid, gid, mode }: Owner & { readonly mode: number },
  ): Promise<string> {
    const path = join(this.#privateDirectory(), posix.basename(name));
    writeFileSync(path, content, { mode: 0o600 });
    chownSync(path, uid, gid);
    chmodSync(path, mode);
    return path;
  }

  /** What is written into a writable one is thrown away: it is a copy. With mapped ids the mount that a tree may be is not in
   * the containers' view of the data root, and its owners would be nobody: a copy has theirs. */
  async bindSource(
    tree: Tree,
    found: Found,
    { readOnly, signal }: { readonly readOnly: boolean; readonly signal: AbortSignal },
  ): Promise<string> {
    const { userns } = this.#dependencies;
    return readOnly && !userns.enabled ? tree.hostPath(found.path) : await this.#copy(tree, found, signal);
  }

  async owner(user: string): Promise<Owner> {
    const { layers, resolveUser } = this.#dependencies;
    try {
      const { uid, gid } = resolveUser(layers.containerLayer(this.id).rootfs, user, []);
      return { uid, gid };
    } catch (error) {
      if (!(error instanceof TskerError)) throw error;
      const reason = `unable to convert uid/gid chown string to host mapping: ${error.message}`;
      throw new TskerError('invalid', reason, { cause: error });
    }
  }

  async commit({ signal, epoch, onto }: CommitRequest): Promise<MadeLayer | undefined> {
    const { layers } = this.#dependencies;
    if (epoch !== undefined) await this.#clampTimes(epoch);
    const staged = await layers.adoptContainer(this.id, { signal, onto });
    if (staged.diffId === EMPTY_TAR) {
      await staged.discard();
      return undefined;
    }
    const { diffId, chainId, size } = await staged.commit(onto ?? this.#chainId);
    return { diffId, chainId, size };
  }

  async keep(request: RunRequest, imageId: string): Promise<string> {
    const name = await this.#dependencies.keep({ id: this.id, request, imageId });
    this.#kept = true;
    return name;
  }

  async discard(): Promise<void> {
    if (this.#kept) return;
    const { layers, directories } = this.#dependencies;
    const outcomes = await Promise.allSettled([layers.removeContainerLayer(this.id), directories.remove(this.id)]);
    const failure = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** What changed is not younger than that (reproducible-builds.org, SOURCE_DATE_EPOCH). */
  async #clampTimes(epoch: number): Promise<void> {
    const changes = await this.#dependencies.layers.containerChanges(this.id);
    const paths = new Set(changes.filter(({ kind }) => kind !== 'deleted').map(({ path }) => path));
    // Directories on the way are part of the layer, too: what is in them has changed.
    for (const { path } of changes)
      for (let at = posix.dirname(path); at !== '/'; at = posix.dirname(at)) paths.add(at);
    await this.#with(async (tree) => {
      for (const path of paths) clampTime(tree.hostPath(path), epoch);
    });
  }

  async #copy(tree: Tree, found: Found, signal: AbortSignal): Promise<string> {
    const { native } = this.#dependencies;
    const directory = join(this.#privateDirectory(), `copy-${makeId().slice(0, 12)}`);
    mkdirSync(directory, { mode: 0o755 });
    const copy = new DirectoryTree({ native, root: directory, owners: true, release: async () => undefined });
    try {
      const place = { path: '/', owner: undefined, mode: undefined, signal };
      if (found.kind !== 'directory') {
        const name = posix.basename(found.path);
        await copy.place({ ...place, archive: await tree.packFile(found.path, name) });
        return join(directory, name);
      }
      const entries = await tree.list(found.path, signal);
      const paths = entries.map(({ path }) => path);
      if (paths.length > 0) await copy.place({ ...place, archive: await tree.packEntries(found.path, paths) });
      return directory;
    } finally {
      await copy.close();
    }
  }

  #privateDirectory(): string {
    const path = join(this.#dependencies.directories.place(this.id).directory, 'private');
    mkdirSync(path, { recursive: true, mode: 0o711 });
    return path;
  }

  async #with<T>(use: (tree: WritableTree) => Promise<T>): Promise<T> {
    const tree = await this.tree();
    try {
      return await use(tree);
    } finally {
      await tree.close();
    }
  }
}

/** Nothing runs in the tree, and the path came from a walk that follows no link. */
function clampTime(path: string, epoch: number): void {
  if (lstatSync(path).mtimeMs > epoch * 1000) lutimesSync(path, epoch, epoch);
}
