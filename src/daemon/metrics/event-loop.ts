// How long the event loop was blocked: the time that passed between two looks at it, above the time there should have been.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks: what is blocked for less goes unseen, and a loop that is looked at wakes up for it. */
const RESOLUTION = 5;
const NANOSECONDS = 1e9;

export interface LoopDelay {
  /** Seconds. */
  readonly max: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
}

export class EventLoopMonitor implements Disposable {
  readonly #histogram: ReturnType<typeof monitorEventLoopDelay>;

  constructor() {
    this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.#histogram.enable();
  }

  /** Since the monitor was made. */
  read(): LoopDelay {
    const { max, mean } = this.#histogram;
    const [p50, p99] = [this.#histogram.percentile(50), this.#histogram.percentile(99)];
    return { max: blocked(max), mean: blocked(mean), p50: blocked(p50), p99: blocked(p99) };
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}

/** Before the first look the histogram has no numbers. */
function blocked(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION / 1000) : 0;
}
