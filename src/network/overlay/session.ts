// This host's membership: two leases kept alive, and a watch on everything. When the store is not reached, or has given us up, it
// tries again until it is closed; each time it is let in, all is read anew and what is ours is said again.
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, TskerError } from '../../util/errors.ts';
import type { Etcd } from './etcd.ts';
import type { StoredKey, StoreEvent } from './etcd-messages.ts';
import type { ClusterOptions } from './options.ts';

/** What is written with them goes when this host does. */
export interface Leases {
  /** Ends soon after the last sign of life: what others should not send to then. */
  readonly alive: string;
  /** Ends long after it: a host that is cut off keeps its addresses, one that never comes back does not keep them for ever. */
  readonly claims: string;
}

export interface SessionOptions extends Pick<ClusterOptions, 'store' | 'heartbeat' | 'ttl'> {
  readonly etcd: Etcd;
  /** What is watched. */
  readonly root: string;
  readonly warn: (message: string) => void;
  /** All there is; nothing that happened since is told before this has resolved. */
  readonly connected: (entries: readonly StoredKey[], leases: Leases) => Promise<void>;
  readonly changed: (events: readonly StoreEvent[]) => void;
}

/** Seconds. */
const CLAIMS_TTL = 3600;
/** Milliseconds between two attempts to be let in. */
const RETRY = 1000;
/** Milliseconds that an orderly end waits for the store. */
const FAREWELL = 3000;

export class Session {
  readonly #options: SessionOptions;
  readonly #end = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #leases: Leases | undefined;
  #running: Promise<void> | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when the store was read for the first time, or after so many milliseconds. */
  async ready(patience: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([
      this.#first.promise,
      sleep(patience, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
  }

  /** Throws `unavailable` before the store was reached for the first time. */
  get leases(): Leases {
    if (this.#leases !== undefined) return this.#leases;
    throw new TskerError('unavailable', `the cluster store ${this.#options.store} has not been reached yet`);
  }

  /** Says farewell: what was written with the leases goes at once. */
  async close(): Promise<void> {
    const { etcd, warn } = this.#options;
    this.#end.abort();
    await this.#running;
    const leases = Object.values(this.#leases ?? {});
    try {
      await Promise.race([Promise.all(leases.map((lease: string) => etcd.revoke(lease))), tooLong()]);
    } catch (error) {
      warn(`the cluster is not told that this host leaves, and will notice: ${messageOf(error)}`);
    }
    etcd.close();
  }

  async #run(): Promise<void> {
    const { warn, store } = this.#options;
    const { signal } = this.#end;
    for (let complained = false; !signal.aborted; ) {
      try {
        const revision = await this.#connect();
        if (complained) warn(`the cluster store ${store} is reached again`);
        complained = false;
        await this.#stay(revision);
      } catch (error) {
        if (signal.aborted) return;
        if (!complained) warn(`this host is cut off from its cluster: ${messageOf(error)}`);
        complained = true;
        await sleep(RETRY, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The revision up to which all is known. */
  async #connect(): Promise<bigint> {
    const { etcd, root, connected, ttl } = this.#options;
    const leases = { alive: await this.#renew('alive', ttl), claims: await this.#renew('claims', CLAIMS_TTL) };
    this.#leases = leases;
    const { entries, revision } = await etcd.range(root);
    await connected(entries, leases);
    this.#first.resolve();
    return revision;
  }

  /** The lease there is, or another when it ended. */
  async #renew(kind: keyof Leases, seconds: number): Promise<string> {
    const { etcd } = this.#options;
    const lease = this.#leases?.[kind];
    return lease !== undefined && (await etcd.keepAlive(lease)) > 0 ? lease : await etcd.grant(seconds);
  }

  /** Until something fails. */
  async #stay(revision: bigint): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.#end.signal, failed.signal]);
    const parts = [this.#beat(signal), this.#watch(revision + 1n, signal)];
    try {
      await Promise.race(parts);
    } finally {
      failed.abort();
      await Promise.allSettled(parts);
    }
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { etcd, heartbeat } = this.#options;
    for (;;) {
      await sleep(heartbeat * 1000, undefined, { signal });
      for (const lease of Object.values(this.leases)) {
        if ((await etcd.keepAlive(lease)) === 0) throw new Error('no sign of life came through in time');
      }
    }
  }

  async #watch(from: bigint, signal: AbortSignal): Promise<void> {
    const { etcd, root, changed } = this.#options;
    for await (const events of etcd.watch(root, from, signal)) changed(events);
  }
}

async function tooLong(): Promise<never> {
  await sleep(FAREWELL, undefined, { ref: false });
  throw new Error(`no answer in ${FAREWELL / 1000} s`);
}
