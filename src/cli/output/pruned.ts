// What prune commands say they took away, in Docker's words. Pure.
import { humanSize } from './human.ts';

export interface Pruned {
  /** Heading of the list. */
  readonly title: string;
  readonly lines: readonly string[];
  readonly bytes: number;
}

/** The list with its heading; nothing when nothing was there. */
export function prunedList({ title, lines }: Pruned): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.join('\n')}\n\n`;
}

/** The lists, and what they come to. */
export function prunedText(parts: readonly Pruned[]): string {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return `${parts.map(prunedList).join('')}Total reclaimed space: ${humanSize(bytes)}\n`;
}
