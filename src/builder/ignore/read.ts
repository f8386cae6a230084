// The lines of a .dockerignore to patterns, with Docker's cleaning.
import { posix } from 'node:path';
import { trimSpace } from '../parser/space.ts';

export interface IgnoreLine {
  /** Cleaned; without the `!`. */
  readonly pattern: string;
  /** `!`: takes out of what earlier lines put in. */
  readonly exception: boolean;
  /** From 1. */
  readonly line: number;
}

/** Comments have their `#` in the first column; a slash in front of a pattern means nothing. */
export function readIgnoreFile(text: string): readonly IgnoreLine[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  return lines.flatMap((written, index) => {
    const line = trimSpace(written);
    if (written.startsWith('#') || line === '') return [];
    const exception = line.startsWith('!');
    const cleaned = cleanPattern(trimSpace(exception ? line.slice(1) : line));
    const pattern = cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned;
    return [{ pattern, exception, line: index + 1 }];
  });
}

/** Go's filepath.Clean; nothing stays nothing. */
export function cleanPattern(text: string): string {
  if (text === '') return '';
  const normal = posix.normalize(text);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
