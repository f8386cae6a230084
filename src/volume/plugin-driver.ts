// A volume driver that is a plugin: VolumeDriver.* of Docker's plugin protocol. Names and options are the plugin's to judge.
import { type Json, PluginRefusal } from '../plugin/call.ts';
import { LONG_CALL, type Plugin, type Plugins, refusalOf, SHORT_CALL } from '../plugin/plugins.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { type DriverVolume, LOCAL_DRIVER, type NewVolume, type VolumeDriver, type VolumeDrivers } from './volume.ts';

class PluginDriver implements VolumeDriver {
  readonly name: string;
  readonly #plugin: Plugin;
  #scope: Promise<string> | undefined;

  constructor(plugin: Plugin) {
    this.name = plugin.name;
    this.#plugin = plugin;
  }

  /** Asked once; a plugin that does not know the question is local. */
  scope(): Promise<string> {
    this.#scope ??= this.#ask('Capabilities', {}).then(scopeOf, (error: unknown) => {
      if (error instanceof PluginRefusal) return 'local';
      this.#scope = undefined;
      throw error;
    });
    return this.#scope;
  }

  check(_volume: NewVolume): void {
    // It says so itself when it is asked.
  }

  async create({ name, options }: NewVolume): Promise<void> {
    await this.#ask('Create', { Name: name, Opts: options }, LONG_CALL);
  }

  async remove(name: string): Promise<void> {
    await this.#ask('Remove', { Name: name });
  }

  async path(name: string): Promise<string> {
    return textOf((await this.#ask('Path', { Name: name }))['Mountpoint']);
  }

  async mount(name: string, user: string): Promise<string> {
    const path = textOf((await this.#ask('Mount', { Name: name, ID: user }, LONG_CALL))['Mountpoint']);
    if (path.startsWith('/')) return path;
    throw new TskerError(
      'internal',
      `volume plugin ${this.name}: the mount point of ${name} is no absolute path: "${path}"`,
    );
  }

  async unmount(name: string, user: string): Promise<void> {
    await this.#ask('Unmount', { Name: name, ID: user });
  }

  /** What it refuses to tell of, it does not have. */
  async get(name: string): Promise<DriverVolume | undefined> {
    try {
      return toVolume((await this.#ask('Get', { Name: name }))['Volume']);
    } catch (error) {
      if (error instanceof PluginRefusal) return undefined;
      throw error;
    }
  }

  async list(): Promise<readonly DriverVolume[]> {
    const { Volumes: volumes } = await this.#ask('List', {});
    return Array.isArray(volumes) ? volumes.flatMap((volume) => toVolume(volume) ?? []) : [];
  }

  async #ask(method: string, body: Json, timeout = SHORT_CALL): Promise<Json> {
    const answer = await this.#plugin.call(`VolumeDriver.${method}`, body, timeout);
    const refusal = refusalOf(answer);
    if (refusal !== undefined) throw refusal;
    return answer;
  }
}

function scopeOf({ Capabilities: capabilities }: Json): string {
  const scope = isObject(capabilities) ? capabilities['Scope'] : undefined;
  return scope === 'global' ? 'global' : 'local';
}

function toVolume(value: unknown): DriverVolume | undefined {
  if (!isObject(value)) return undefined;
  const name = textOf(value['Name']);
  if (name === '') return undefined;
  const { CreatedAt: createdAt, Status: status } = value;
  return {
    name,
    mountpoint: textOf(value['Mountpoint']),
    ...(typeof createdAt === 'string' ? { createdAt } : {}),
    ...(isObject(status) && Object.keys(status).length > 0 ? { status } : {}),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The local driver, and those of plugins. */
export function volumeDrivers(local: VolumeDriver, plugins: Plugins): VolumeDrivers {
  const used = new Map<string, VolumeDriver>();
  const driverOf = (plugin: Plugin): VolumeDriver => {
    const driver = used.get(plugin.name) ?? new PluginDriver(plugin);
    used.set(plugin.name, driver);
    return driver;
  };
  return {
    async get(name) {
      if (name === LOCAL_DRIVER) return local;
      try {
        return driverOf(await plugins.get(name, 'VolumeDriver'));
      } catch (error) {
        const code = error instanceof TskerError ? error.code : 'internal';
        throw new TskerError(code, `error looking up volume plugin ${name}: ${messageOf(error)}`, { cause: error });
      }
    },
    all: async () => [local, ...(await plugins.all('VolumeDriver')).map(driverOf)],
    used: () => [LOCAL_DRIVER, ...used.keys()].toSorted(),
  };
}
