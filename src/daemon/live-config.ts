// The configuration as it is now: what SIGHUP changes is asked for here at each use. It reads no file; reload.ts does.
import { isDeepStrictEqual } from 'node:util';
import type { DaemonConfig } from './options.ts';

/** What another value of takes effect at once, with the name of the event's attribute. The rest waits for a restart. */
export const LIVE = {
  logLevel: 'log-level',
  labels: 'labels',
  mirrors: 'registry-mirrors',
  insecureRegistries: 'insecure-registries',
  maxConcurrentDownloads: 'max-concurrent-downloads',
  shutdownTimeout: 'shutdown-timeout',
} as const satisfies Partial<Record<keyof DaemonConfig, string>>;

const isLive = (name: string): boolean => Object.hasOwn(LIVE, name);

export class LiveConfig {
  #current: DaemonConfig;
  readonly #listeners: ((now: DaemonConfig) => void)[] = [];

  constructor(config: DaemonConfig) {
    this.#current = config;
  }

  get current(): DaemonConfig {
    return this.#current;
  }

  /** Called after each change, whatever it changed. */
  onReload(listener: (now: DaemonConfig) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes what can change while containers run; returns the names of what differs and cannot. */
  reload(wanted: DaemonConfig): string[] {
    const before = this.#current;
    const entries = Object.entries(wanted);
    this.#current = { ...before, ...Object.fromEntries(entries.filter(([name]) => isLive(name))) };
    for (const listener of this.#listeners) listener(this.#current);
    const old: Readonly<Record<string, unknown>> = { ...before };
    return entries
      .filter(([name, value]) => !isLive(name) && !isDeepStrictEqual(value, old[name]))
      .map(([name]) => name);
  }
}
