// Starts containerd as the daemon's child and starts it again when its pid is gone, after the stale socket has been removed: what
// dockerd's monitor does. It ends with the daemon, however that ends; the shims do not.
import { constants, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Native, Spawned } from '../../native/native.ts';
import { SIGNALS } from '../../native/signals.ts';
import type { Logger } from '../../util/log.ts';

export interface SupervisorOptions {
  readonly native: Native;
  readonly command: readonly string[];
  readonly socket: string;
  readonly log: Logger;
}

/** Milliseconds to the next start; doubled while it ends at once. */
const DELAY = 100;
const DELAY_MAX = 5000;
/** What has run so long has not ended at once. */
const STEADY = 2000;

const SIGKILL = SIGNALS['SIGKILL'] ?? 9;
const SIGTERM = SIGNALS['SIGTERM'] ?? 15;

export class Supervisor {
  readonly #options: SupervisorOptions;
  #child: Spawned | undefined;
  readonly #closing = new AbortController();
  readonly #over: Promise<void>;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#over = this.#superviseUntilClosed();
  }

  /** Of containerd; 0 while there is none. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#child?.signal(SIGTERM);
    await this.#over;
  }

  async #superviseUntilClosed(): Promise<void> {
    const { log, socket } = this.#options;
    let delay = DELAY;
    while (!this.#closing.signal.aborted) {
      const begun = performance.now();
      rmSync(socket, { force: true });
      this.#child = this.#spawn();
      const { code, signal } = await this.#child.exited;
      this.#child = undefined;
      if (this.#closing.signal.aborted) return;
      log.warn('containerd has ended and is started again', { code, ...(signal === undefined ? {} : { signal }) });
      delay = performance.now() - begun > STEADY ? DELAY : Math.min(2 * delay, DELAY_MAX);
      await sleep(delay, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  #spawn(): Spawned {
    const { native, command } = this.#options;
    const envp = Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    const none = native.open('/dev/null', constants.O_RDWR);
    const daemon = native.pidfdOpen(process.pid);
    try {
      // Slot 5: the first after stdio, plan and report.
      return native.spawn({
        cloneFlags: 0,
        fds: [none, 2, 2, daemon],
        plan: [
          { op: 'SETSID' },
          { op: 'DEATHSIG', signal: SIGKILL, slot: 5 },
          { op: 'EXEC', argv: command, envp, flags: 0 },
        ],
      });
    } finally {
      native.close(none);
      native.close(daemon);
    }
  }
}

export function socketIn(state: string): string {
  return join(state, 'containerd.sock');
}
