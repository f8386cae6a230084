// Asking before something that cannot be undone. Anything but a yes is a no, the end of the input as well.
import { createInterface } from 'node:readline';
import type { Io } from './io.ts';

/** Shows `warning` and the question; true for y and yes. */
export async function confirm({ stdin, stdout }: Io, warning: string): Promise<boolean> {
  stdout.write(`${warning}\nAre you sure you want to continue? [y/N] `);
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return /^y(es)?$/i.test(line.trim());
    return false;
  } finally {
    lines.close();
  }
}
