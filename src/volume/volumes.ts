// All volumes: made once for a name, counted by the containers that have them, removed when nobody has them any more. Where
// data is kept is the drivers' matter; which volume a container wants is daemon/container's.
import { messageOf, TskerError, withCleanupFailure } from '../util/errors.ts';
import { KeyedMutex } from '../util/keyed-mutex.ts';
import type { Logger } from '../util/log.ts';
import { makeName } from './name.ts';
import type { VolumeRows } from './rows.ts';
import {
  ANONYMOUS_LABEL,
  LOCAL_DRIVER,
  type Texts,
  type VolumeDriver,
  type VolumeDrivers,
  type VolumeRecord,
  type VolumeView,
} from './volume.ts';

export interface VolumesParts {
  readonly rows: VolumeRows;
  readonly drivers: VolumeDrivers;
  readonly log: Logger;
  /** RFC 3339. */
  readonly now: () => string;
  readonly publish: (action: 'create' | 'destroy', volume: VolumeRecord) => void;
}

export interface VolumeWish {
  /** '': one is made up. */
  readonly name: string;
  /** '': the local one, or that of a volume of this name. */
  readonly driver: string;
  readonly options: Texts | null;
  readonly labels: Texts | null;
  /** A container that has the volume from now on. */
  readonly holder?: string;
  /** Should the daemon die before `keep`, it goes with the container that was never made. */
  readonly provisional?: boolean;
}

export class Volumes {
  readonly #parts: VolumesParts;
  readonly #names = new KeyedMutex();
  /** Volume → containers that have it. */
  readonly #holders = new Map<string, Set<string>>();

  constructor(parts: VolumesParts) {
    this.#parts = parts;
  }

  /**
   * To be called before anything else, with who has what: takes away what a daemon that died was making or removing.
   */
  async recover(holders: Iterable<readonly [volume: string, container: string]>): Promise<void> {
    const { rows, log } = this.#parts;
    for (const [volume, container] of holders) this.hold(volume, container);
    for (const { name, driver, state } of rows.unfinished()) {
      if (state === 'making' && this.#holders.has(name)) {
        rows.setState(name, 'ready');
        continue;
      }
      try {
        if (driver === LOCAL_DRIVER) await (await this.#driver(driver)).remove(name);
        rows.delete(name);
      } catch (error) {
        log.error(`removing what is left of volume ${name} failed`, { error: messageOf(error) });
      }
    }
  }

  /** The volume of this name, made when there is none. Throws `invalid` and `conflict` as Docker does. */
  create(wish: VolumeWish): Promise<VolumeView> {
    const name = wish.name === '' ? makeName() : wish.name;
    return this.#names.run(name, async () => {
      try {
        const record = (await this.#existing(name, wish.driver)) ?? (await this.#make(name, wish));
        const view = await this.#view(record);
        if (wish.holder !== undefined) this.hold(name, wish.holder);
        return view;
      } catch (error) {
        throw told('create', name, error);
      }
    });
  }

  /** Of a volume that was made provisionally. */
  keep(name: string): void {
    this.#parts.rows.setState(name, 'ready');
  }

  /** Throws not_found. Asks the drivers in use for a volume that was made elsewhere. */
  async get(name: string): Promise<VolumeView> {
    const record = this.#parts.rows.get(name);
    if (record !== undefined) return await this.#view(record);
    for (const driver of await this.#parts.drivers.all()) {
      const found = driver.name === LOCAL_DRIVER ? undefined : await driver.get(name).catch(() => undefined);
      if (found !== undefined) return await this.#adopted(driver, found);
    }
    throw new TskerError('not_found', `get ${name}: no such volume`);
  }

  /** With what went wrong while drivers were asked. */
  async list(): Promise<{ volumes: VolumeView[]; warnings: string[] }> {
    const warnings: string[] = [];
    const known = new Map<string, VolumeView>();
    for (const record of this.#parts.rows.list()) {
      try {
        known.set(record.name, await this.#view(record));
      } catch (error) {
        warnings.push(messageOf(error));
        known.set(record.name, { ...record, mountpoint: '', scope: '' });
      }
    }
    for (const driver of await this.#parts.drivers.all()) {
      try {
        for (const found of await driver.list()) {
          if (!known.has(found.name)) known.set(found.name, await this.#adopted(driver, found));
        }
      } catch (error) {
        warnings.push(messageOf(error));
      }
    }
    return { volumes: [...known.values()], warnings };
  }

  /** Throws not_found (not with force), and conflict while containers have it. */
  remove(name: string, { force }: { readonly force: boolean }): Promise<void> {
    return this.#names.run(name, async () => {
      const record = this.#parts.rows.get(name) ?? (await this.#elsewhere(name, force));
      if (record === undefined) return;
      const holders = this.holders(name);
      if (holders.length > 0) {
        throw new TskerError('conflict', `remove ${name}: volume is in use - [${holders.join(', ')}]`);
      }
      await this.#remove(record, force);
    });
  }

  /** The names of the drivers that have been used, for `info`. */
  drivers(): readonly string[] {
    return this.#parts.drivers.used();
  }

  hold(name: string, container: string): void {
    const holders = this.#holders.get(name) ?? new Set();
    holders.add(container);
    this.#holders.set(name, holders);
  }

  release(name: string, container: string): void {
    const holders = this.#holders.get(name);
    holders?.delete(container);
    if (holders?.size === 0) this.#holders.delete(name);
  }

  holders(name: string): string[] {
    return [...(this.#holders.get(name) ?? [])];
  }

  /** Its data is in a directory of the engine's own, and not in a file system from elsewhere. */
  isPlain(name: string): boolean {
    const { driver, options } = this.#parts.rows.get(name) ?? {};
    return driver === LOCAL_DRIVER && Object.keys(options ?? {}).length === 0;
  }

  /** Makes it usable on the host; `user` names this use, for `unmount`. The path. */
  mount(name: string, user: string): Promise<string> {
    return this.#names.run(name, async () => (await this.#driverOf(name)).mount(name, user));
  }

  unmount(name: string, user: string): Promise<void> {
    return this.#names.run(name, async () => (await this.#driverOf(name)).unmount(name, user));
  }

  /** Writes the first content of a volume that is mounted at `path`. */
  populate(name: string, path: string, fill: (directory: string) => Promise<void>): Promise<void> {
    return this.#names.run(name, async () => {
      const driver = await this.#driverOf(name);
      await (driver.populate === undefined ? fill(path) : driver.populate(name, fill));
    });
  }

  async #existing(name: string, driver: string): Promise<VolumeRecord | undefined> {
    const { rows } = this.#parts;
    const record = rows.get(name);
    if (record === undefined) return undefined;
    if (driver !== '') {
      const wanted = await this.#driver(driver);
      if (wanted.name !== record.driver) {
        throw new TskerError(
          'conflict',
          `driver '${record.driver}' already has volume '${name}': volume name must be unique`,
        );
      }
    }
    // A plugin may have lost it meanwhile: then it is made again.
    if (record.driver === LOCAL_DRIVER) return record;
    const known = await (await this.#driver(record.driver)).get(name);
    if (known !== undefined) return record;
    rows.delete(name);
    return undefined;
  }

  async #make(name: string, wish: VolumeWish): Promise<VolumeRecord> {
    const { driver: wanted, options, labels, name: given, provisional = false } = wish;
    const { rows, now, publish } = this.#parts;
    const driver = await this.#driver(wanted === '' ? LOCAL_DRIVER : wanted);
    const request = { name, options: options ?? {} };
    driver.check(request);
    const named = given === '' ? { ...labels, [ANONYMOUS_LABEL]: '' } : labels;
    const record = { name, driver: driver.name, labels: named, options, createdAt: now() };
    rows.insert(record, 'making');
    try {
      await rows.onDisk();
      await driver.create(request);
      if (!provisional) {
        rows.setState(name, 'ready');
        await rows.onDisk();
      }
    } catch (error) {
      throw await this.#unmake(driver, name, error);
    }
    publish('create', record);
    return record;
  }

  async #unmake(driver: VolumeDriver, name: string, error: unknown): Promise<unknown> {
    try {
      if (driver.name === LOCAL_DRIVER) await driver.remove(name);
      this.#parts.rows.delete(name);
      return error;
    } catch (cleanup) {
      return withCleanupFailure(error, cleanup);
    }
  }

  /** One that only its driver knows. */
  async #elsewhere(name: string, force: boolean): Promise<VolumeRecord | undefined> {
    try {
      return await this.get(name);
    } catch (error) {
      if (force && error instanceof TskerError && error.code === 'not_found') return undefined;
      throw error;
    }
  }

  async #remove(record: VolumeRecord, force: boolean): Promise<void> {
    const { rows, publish } = this.#parts;
    const { name } = record;
    rows.setState(name, 'removing');
    try {
      await rows.onDisk();
      await (await this.#driver(record.driver)).remove(name);
    } catch (error) {
      // With force a plugin that cannot be asked any more keeps nobody from forgetting its volume.
      if (!force || record.driver === LOCAL_DRIVER) {
        rows.setState(name, 'ready');
        throw told('remove', name, error);
      }
    }
    rows.delete(name);
    await rows.onDisk();
    publish('destroy', record);
  }

  #driver(name: string): Promise<VolumeDriver> {
    return this.#parts.drivers.get(name);
  }

  async #driverOf(name: string): Promise<VolumeDriver> {
    const record = this.#parts.rows.get(name);
    return await this.#driver((record ?? (await this.get(name))).driver);
  }

  async #view(record: VolumeRecord): Promise<VolumeView> {
    const driver = await this.#driver(record.driver);
    const found = await driver.get(record.name);
    return {
      ...record,
      mountpoint: found?.mountpoint ?? '',
      scope: await driver.scope(),
      ...(found?.status === undefined ? {} : { status: found.status }),
    };
  }

  async #adopted(
    driver: VolumeDriver,
    { name, mountpoint, createdAt = '', status }: Awaited<ReturnType<VolumeDriver['list']>>[number],
  ): Promise<VolumeView> {
    const scope = await driver.scope();
    const record = { name, driver: driver.name, labels: null, options: null, createdAt };
    return { ...record, mountpoint, scope, ...(status === undefined ? {} : { status }) };
  }
}

/** `create NAME: …`, whatever kind of failure it is. */
function told(verb: string, name: string, error: unknown): TskerError {
  const code = error instanceof TskerError ? error.code : 'internal';
  const hint = error instanceof TskerError && error.hint !== undefined ? { hint: error.hint } : {};
  return new TskerError(code, `${verb} ${name}: ${messageOf(error)}`, { cause: error, ...hint });
}
