// Asks a person at a terminal for a line; a secret is not shown while it is typed.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Io } from '../io.ts';

export interface Question {
  readonly text: string;
  readonly secret?: boolean;
}

/** Rejects when the input ends first. */
export async function ask(io: Io, { text, secret = false }: Question): Promise<string> {
  io.stdout.write(text);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({
    input: io.stdin,
    output: secret ? silent : io.stdout,
    terminal: io.stdin.isTTY === true,
  });
  const ended = new Promise<never>((_resolve, reject) => {
    lines.once('close', () => reject(new Error('nothing was entered')));
    lines.once('SIGINT', () => lines.close());
  });
  try {
    return await Promise.race([lines.question(''), ended]);
  } finally {
    ended.catch(() => undefined);
    lines.close();
    if (secret) io.stdout.write('\n');
  }
}
