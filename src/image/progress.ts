// The messages of a progress stream, in Docker's words and number formats (pkg/jsonmessage, go-units). Pure but for the
// clock of the throttle.
import type { ProgressMessage } from '../types/image.ts';
import { humanSize } from '../util/human-size.ts';

export type Emit = (message: ProgressMessage) => void;

const BAR = 50;
/** Milliseconds between two messages of one layer's progress. */
const INTERVAL = 100;

/** Says that the layer `id` is in a state. */
export function stateMessage(id: string, status: string): ProgressMessage {
  return { status, progressDetail: {}, id };
}

/** Says how far a layer is, in bytes. */
export function progressMessage(
  id: string,
  status: string,
  amount: { current: number; total: number },
): ProgressMessage {
  return { status, progressDetail: amount, progress: progressBar(amount), id };
}

/** `[====>      ]  32.77kB/2.2MB`. */
export function progressBar({ current, total }: { current: number; total: number }): string {
  if (total <= 0) return current > 0 ? humanSize(current).padStart(8) : '';
  const done = Math.min(BAR, Math.floor(Math.floor((current / total) * 100) / 2));
  const bar = `[${'='.repeat(done)}>${' '.repeat(BAR - done)}]`;
  const numbers = humanSize(current).padStart(8);
  return current > total ? `${bar} ${numbers}` : `${bar} ${numbers}/${humanSize(total)}`;
}

/** Passes on at most ten calls a second. */
export function throttle(report: (current: number) => void): (current: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (current) => {
    const now = performance.now();
    if (now - last < INTERVAL) return;
    last = now;
    report(current);
  };
}
