// The bar of one layer: `[=====>      ]  1.2MB/3.4MB 800kB/s`, in Docker's form with the rate at its end. Pure.
import { humanSize } from './human.ts';

export interface Progress {
  /** Bytes. */
  readonly current: number;
  /** Zero when not known. */
  readonly total: number;
  /** Bytes a second, when it is known yet. */
  readonly rate?: number | undefined;
}

const BAR = 50;
/** Below this width of the terminal the numbers stand alone. */
const WIDTH_FOR_BAR = 110;
const WIDTH_FOR_RATE = 50;

export function progressBar({ current, total, rate }: Progress, width: number): string {
  if (current <= 0 && total <= 0) return '';
  const speed = rate === undefined || width <= WIDTH_FOR_RATE ? '' : ` ${humanSize(rate, 3)}/s`;
  // More than all is an answer that counts wrongly: its total says nothing.
  const numbers = total <= 0 || current > total ? size(current) : `${size(current)}/${humanSize(total)}`;
  if (total <= 0) return numbers + speed;
  const done = Math.min(BAR, Math.floor(Math.floor((current / total) * 100) / 2));
  const bar = width > WIDTH_FOR_BAR ? `[${'='.repeat(done)}>${' '.repeat(BAR - done)}] ` : '';
  return bar + numbers + (done < BAR ? speed : '');
}

function size(bytes: number): string {
  return humanSize(bytes).padStart(8);
}
