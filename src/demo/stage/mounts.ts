// What is mounted where.
import { readFileSync } from 'node:fs';

/** Mount points of our namespace at or below `directory`. */
export function mountsBelow(directory: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point === directory || point.startsWith(`${directory}/`));
}
