// The layer store: immutable layers by chain id and the writable layers of containers, rows in SQLite over directories of a
// graphdriver. A row exists only while its directory is complete; see README.md for the order of things.
import type { GraphDriver, LayerChange } from '../graphdriver/driver.ts';
import { shownName } from '../graphdriver/shown-name.ts';
import type { AssembleResult } from '../native/archive-requests.ts';
import type { Native } from '../native/native.ts';
import type { Db } from '../store/database.ts';
import { TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import { type ContainerNative, stageDiff } from './diff.ts';
import { Durability } from './durability.ts';
import { recordedTarSize } from './recording.ts';
import { recoverLayers } from './recover.ts';
import { type ContainerRow, LayerRows } from './rows.ts';
import { stageLayer } from './staging.ts';
import type {
  AdoptRequest,
  ContainerLayer,
  Layer,
  LayerStore,
  StagedLayer,
  StageRequest,
  TarRequest,
  WrittenTar,
} from './store.types.ts';

type StoreNative = Pick<Native, 'close' | 'assemble'> & ContainerNative;

export interface LayerStoreOptions {
  readonly db: Db;
  readonly driver: GraphDriver;
  readonly native: Pick<Native, 'runPlan'> & StoreNative;
  /** A directory on the file system of the layers: the data root. */
  readonly root: string;
  readonly settings: { get(key: string): string | undefined; set(key: string, value: string): void };
  /** Of the running kernel: /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  readonly log: Pick<Logger, 'warn'>;
}

export class DriverLayerStore implements LayerStore {
  readonly #driver: GraphDriver;
  readonly #native: StoreNative;
  readonly #rows: LayerRows;
  readonly #durability: Durability;

  constructor({ db, driver, native, root, settings, bootId, log }: LayerStoreOptions) {
    this.#driver = driver;
    this.#native = native;
    this.#rows = new LayerRows(db, driver.name);
    this.#durability = new Durability({ rows: this.#rows, native, path: root, settings, bootId, log });
  }

  get driverName(): string {
    return shownName(this.#driver.name);
  }

  get independentLayers(): boolean {
    return this.#driver.independentLayers;
  }

  get(chainId: string): Layer | undefined {
    return this.#rows.get(chainId);
  }

  stage(request: StageRequest): Promise<StagedLayer> {
    const committed = (): void => this.#durability.committed();
    return stageLayer({ driver: this.#driver, rows: this.#rows, native: this.#native, committed }, request);
  }

  async writeTar(chainId: string, request: TarRequest): Promise<WrittenTar> {
    const { cacheId, diffId } = this.#layerFor(chainId, request);
    const written = await this.#assemble(cacheId, request);
    if (written.digestTar === diffId) return { bytes: written.bytesOut, digest: written.digestOut };
    throw new TskerError('corrupt', `layer ${diffId} is not what it was: its files now give ${written.digestTar}`, {
      hint: 'remove the images that have it and pull them again',
    });
  }

  tarSize(chainId: string): Promise<number> {
    return recordedTarSize(this.#driver.record(this.#layer(chainId).cacheId));
  }

  chainSize(chainId: string): number {
    return this.#rows.chainSize(chainId);
  }

  metadata(chainId: string): Record<string, string> {
    return this.#driver.metadata(this.#layer(chainId).cacheId);
  }

  async release(chainId: string): Promise<void> {
    for (let next: string | undefined = chainId; next !== undefined; ) {
      const layer = this.#rows.deleteIfUnused(next);
      if (layer === undefined) return;
      await this.#driver.remove(layer.cacheId); // if this fails, the directory is nobody's, and recover() removes it
      next = layer.parent;
    }
  }

  async createContainerLayer(containerId: string, chainId: string | undefined): Promise<ContainerLayer> {
    const parent = chainId === undefined ? undefined : this.#layer(chainId).cacheId;
    // The row comes first: it keeps the chain from being released meanwhile.
    this.#rows.putContainer(containerId, chainId, containerId);
    try {
      await this.#driver.createWritable(containerId, parent);
      return this.containerLayer(containerId);
    } catch (error) {
      this.#rows.deleteContainer(containerId);
      throw error;
    }
  }

  containerLayer(containerId: string): ContainerLayer {
    const { cache_id } = this.#container(containerId);
    return { rootfs: this.#driver.rootfs(cache_id), metadata: this.#driver.metadata(cache_id) };
  }

  async removeContainerLayer(containerId: string): Promise<void> {
    const row = this.#rows.container(containerId);
    if (row === undefined) return;
    await this.#driver.remove(row.cache_id); // the row last: a removal that fails can be tried again
    this.#rows.deleteContainer(containerId);
  }

  stageContainer(containerId: string, signal: AbortSignal): Promise<StagedLayer> {
    return this.#stageContainer(containerId, { signal });
  }

  adoptContainer(containerId: string, { signal, onto }: AdoptRequest): Promise<StagedLayer> {
    const adopt = this.#container(containerId).cache_id;
    if (onto === undefined) return this.#stageContainer(containerId, { signal, adopt });
    // A driver whose layers hold what is below them has to unpack it there.
    return this.#stageContainer(containerId, { signal, onto, ...(this.independentLayers ? { adopt } : {}) });
  }

  async #stageContainer(containerId: string, { onto, ...how }: AdoptRequest & Pick<StageRequest, 'adopt'>) {
    const { signal } = how;
    const { cache_id, chain_id } = this.#container(containerId);
    const parent = chain_id === null ? undefined : this.#layer(chain_id);
    const target = Promise.resolve(onto === undefined ? parent : this.#layer(onto));
    const stage = (fd: number): Promise<StagedLayer> => this.stage({ fd, parent: target, ...how });
    return await this.#driver.withDiff(cache_id, parent?.cacheId, (diff) =>
      stageDiff({ native: this.#native, diff, stage, signal }),
    );
  }

  async containerChanges(containerId: string): Promise<LayerChange[]> {
    const { cache_id, chain_id } = this.#container(containerId);
    return await this.#driver.changes(cache_id, chain_id === null ? undefined : this.#layer(chain_id).cacheId);
  }

  async containerSize(containerId: string): Promise<{ sizeRw: number; sizeRootFs: number }> {
    const { cache_id, chain_id } = this.#container(containerId);
    const sizeRw = await this.#driver.diffSize(cache_id);
    return { sizeRw, sizeRootFs: sizeRw + (chain_id === null ? 0 : this.chainSize(chain_id)) };
  }

  async mountContainer(containerId: string): Promise<{ path: string; release(): Promise<void> }> {
    const { cache_id } = this.#container(containerId);
    return await this.#mount(cache_id);
  }

  async mountLayer(chainId: string): Promise<{ path: string; release(): Promise<void> }> {
    return await this.#mount(this.#layer(chainId).cacheId);
  }

  async #mount(cacheId: string): Promise<{ path: string; release(): Promise<void> }> {
    const path = await this.#driver.mount(cacheId);
    let released = false;
    const release = async (): Promise<void> => {
      if (released) return;
      released = true;
      await this.#driver.unmount(cacheId);
    };
    return { path, release };
  }

  async holdContainer(containerId: string): Promise<() => Promise<void>> {
    if (!this.#driver.rootfsIsMount) return () => Promise.resolve();
    return (await this.mountContainer(containerId)).release;
  }

  status(): Promise<[string, string][]> {
    return this.#driver.status();
  }

  /** Resolves when every layer committed so far would survive a power cut. Call it before the daemon ends. */
  sync(): Promise<void> {
    return this.#durability.sync();
  }

  recover(): Promise<void> {
    return recoverLayers({ driver: this.#driver, rows: this.#rows, durability: this.#durability });
  }

  /** Takes the request's descriptor over, also when the layer cannot be mounted. */
  async #assemble(cacheId: string, request: TarRequest): Promise<AssembleResult> {
    let taken = false;
    try {
      return await this.#driver.withArchive(cacheId, (archive) => {
        taken = true;
        return this.#native.assemble({ ...archive, ...request });
      });
    } finally {
      if (!taken) this.#native.close(request.fd);
    }
  }

  #layerFor(chainId: string, { fd }: TarRequest): Layer {
    try {
      return this.#layer(chainId);
    } catch (error) {
      this.#native.close(fd);
      throw error;
    }
  }

  #layer(chainId: string): Layer {
    const layer = this.#rows.get(chainId);
    if (layer !== undefined) return layer;
    throw new TskerError('not_found', `layer does not exist: ${chainId}`, {
      hint: 'its files were lost with the power; pull the image again',
    });
  }

  #container(containerId: string): ContainerRow {
    const row = this.#rows.container(containerId);
    if (row === undefined) throw new TskerError('not_found', `container ${containerId} has no layer`);
    return row;
  }
}
