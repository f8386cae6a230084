// The configuration as it is now: what SIGHUP changes is asked for here at each use. It reads no file; reload.ts does.
import { isDeepStrictEqual } from 'node:util';
import type { DaemonConfig } from './options.ts';

/** What another value of takes effect at once. The rest waits for a restart. */
const LIVE: ReadonlySet<string> = new Set<keyof DaemonConfig>([
  'logLevel',
  'labels',
  'mirrors',
  'insecureRegistries',
  'maxConcurrentDownloads',
  'shutdownTimeout',
  'authorizationPlugins',
]);

export class LiveConfig {
  #current: DaemonConfig;
  readonly #listeners: ((now: DaemonConfig) => void)[] = [];

  constructor(config: DaemonConfig) {
    this.#current = config;
  }

  get current(): DaemonConfig {
    return this.#current;
  }

  /** Some of the options, each as it is at the moment it is read. */
  pick<Name extends keyof DaemonConfig>(...names: readonly Name[]): Pick<DaemonConfig, Name> {
    const view = {};
    for (const name of names) Object.defineProperty(view, name, { enumerable: true, get: () => this.#current[name] });
    return view as Pick<DaemonConfig, Name>;
  }

  /** Called after each change, whatever it changed. */
  onReload(listener: (now: DaemonConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes what can change while containers run; returns the names of what differs and cannot. */
  reload(wanted: DaemonConfig): string[] {
    const before = this.#current;
    const entries = Object.entries(wanted);
    this.#current = { ...before, ...Object.fromEntries(entries.filter(([name]) => LIVE.has(name))) };
    for (const listener of this.#listeners) listener(this.#current);
    const old: Readonly<Record<string, unknown>> = { ...before };
    return entries
      .filter(([name, value]) => !LIVE.has(name) && !isDeepStrictEqual(value, old[name]))
      .map(([name]) => name);
  }
}
