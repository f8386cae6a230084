// Waits for a key at a terminal: Enter or space goes on, q and Ctrl-C end the tour.
import { once } from 'node:events';
import type { DemoIo } from '../io.ts';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

export async function waitForKey({ stdin, stdout }: DemoIo, question: string, stop: () => void): Promise<void> {
  stdout.write(question);
  stdin.setRawMode?.(true);
  stdin.resume();
  try {
    for (;;) {
      const [piece] = (await once(stdin, 'data')) as [Buffer];
      const key = piece.toString();
      if (key === 'q' || key.includes(CTRL_C) || key.includes(CTRL_D)) return stop();
      if (/^[\r\n n]/.test(key)) return;
    }
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    // Over the question.
    stdout.write('\r\u001b[K');
  }
}
