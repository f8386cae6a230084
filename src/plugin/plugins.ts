// The plugins in use: found when somebody first asks for one by its name, activated once, called with patience. What they
// are called for is volume/plugin-driver.ts's and authorization.ts's matter.
import { messageOf, TskerError } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import type { PluginAddress } from './address.ts';
import { callPlugin, type Json, PluginRefusal, PluginUnreachable } from './call.ts';
import { findPlugin, listPlugins } from './discover.ts';
import { retry } from './retry.ts';

/** What a plugin says it can do. */
export type Capability = 'VolumeDriver' | 'NetworkDriver' | 'IpamDriver' | 'authz' | 'LogDriver';

/** Milliseconds; a mount may take a while, a question may not. */
export const SHORT_CALL = 60_000;
export const LONG_CALL = 120_000;

export interface Plugin {
  readonly name: string;
  /** Throws PluginRefusal with what the plugin says (a status that is not 200), PluginUnreachable after all attempts. */
  call(method: string, body: Json, timeout?: number): Promise<Json>;
}

export interface PluginsOptions {
  readonly directories: readonly string[];
  /** Milliseconds that a plugin is waited for. */
  readonly patience: number;
  readonly log: Logger;
}

interface Known {
  readonly plugin: Plugin;
  readonly implements: readonly string[];
}

export class Plugins {
  readonly #options: PluginsOptions;
  readonly #known = new Map<string, Promise<Known>>();

  constructor(options: PluginsOptions) {
    this.#options = options;
  }

  /** Waits for one that is not there yet. Throws `not_found` in Docker's words, and `internal` for one of another kind. */
  async get(name: string, capability: Capability): Promise<Plugin> {
    return requireCapability(await this.#load(name, this.#options.patience), capability);
  }

  /** All of a kind that can be found and answer now. */
  async all(capability: Capability): Promise<Plugin[]> {
    const { directories, log } = this.#options;
    const found = await Promise.all(
      listPlugins(directories).map((name) =>
        this.#load(name, 0).catch((error: unknown) => {
          log.warn('a plugin cannot be used', { plugin: name, error: messageOf(error) });
          return undefined;
        }),
      ),
    );
    return found.flatMap((one) => (one?.implements.includes(capability) === true ? [one.plugin] : []));
  }

  /** One activation for all who ask meanwhile; one that failed is tried again by the next. */
  #load(name: string, patience: number): Promise<Known> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const loading = this.#activate(name, patience);
    if (patience > 0) this.#known.set(name, loading);
    loading.then(
      () => this.#known.set(name, loading),
      () => {
        if (this.#known.get(name) === loading) this.#known.delete(name);
      },
    );
    return loading;
  }

  async #activate(name: string, patience: number): Promise<Known> {
    const { directories, log } = this.#options;
    return await retry(
      async () => {
        const address = findPlugin(directories, name);
        if (address === undefined) throw new TskerError('not_found', `plugin "${name}" not found`);
        const answer = await callPlugin({ address, method: 'Plugin.Activate', body: {}, timeout: SHORT_CALL });
        const { Implements: kinds } = answer;
        const list = Array.isArray(kinds) ? kinds.filter((kind) => typeof kind === 'string') : [];
        return { plugin: this.#plugin(name, address), implements: list };
      },
      {
        patience,
        isTemporary: (error) => error instanceof PluginUnreachable || isMissing(error),
        onWait: (error, wait) =>
          log.warn('a plugin is waited for', { plugin: name, milliseconds: wait, error: messageOf(error) }),
      },
    );
  }

  #plugin(name: string, found: PluginAddress): Plugin {
    const { patience, log, directories } = this.#options;
    return {
      name,
      call: (method, body, timeout = SHORT_CALL) =>
        retry(
          // It may have come back somewhere else.
          () => callPlugin({ address: findPlugin(directories, name) ?? found, method, body, timeout }),
          {
            patience,
            isTemporary: (error) => error instanceof PluginUnreachable,
            onWait: (error, wait) =>
              log.warn('a plugin does not answer', { plugin: name, milliseconds: wait, error: messageOf(error) }),
          },
        ),
    };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof TskerError && error.code === 'not_found';
}

function requireCapability({ plugin, implements: kinds }: Known, capability: Capability): Plugin {
  if (kinds.includes(capability)) return plugin;
  throw new TskerError('internal', 'Plugin does not implement the requested driver');
}

/** For what a plugin reports in a field of a good answer. */
export function refusalOf({ Err: said }: Json): PluginRefusal | undefined {
  return typeof said === 'string' && said !== '' ? new PluginRefusal(said) : undefined;
}
