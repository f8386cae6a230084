// Our standard input to a container: raw when both ends are terminals, half-closed when it ends.
import type { Duplex } from 'node:stream';
import type { Input } from '../io.ts';
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from './detach-keys.ts';

export interface InputOptions {
  /** The container has a terminal. */
  readonly tty: boolean;
  readonly detachKeys: string | undefined;
}

export interface InputPump {
  /** Resolves when the detach keys were typed; never otherwise. */
  readonly detached: Promise<void>;
  /** Gives the terminal back its modes. */
  restore(): void;
}

/** Starts copying. Errors of the connection are its reader's to report. */
export function pumpInput(input: Input, target: Duplex, { tty, detachKeys }: InputOptions): InputPump {
  const raw = tty && input.isTTY === true;
  const scanner = tty ? new DetachScanner(parseDetachKeys(detachKeys ?? DEFAULT_DETACH_KEYS)) : undefined;
  if (raw) input.setRawMode?.(true);
  const detached = new Promise<void>((resolve) => {
    input.on('data', (chunk: Buffer) => {
      const typed = scanner?.push(chunk) ?? { bytes: chunk, detached: false };
      if (!target.write(typed.bytes)) {
        input.pause();
        target.once('drain', () => input.resume());
      }
      if (!typed.detached) return;
      input.pause();
      resolve();
    });
  });
  input.on('end', () => target.end());
  // The keys of --step have paused it: a listener alone would not set it going again.
  input.resume();
  return {
    detached,
    restore() {
      if (raw) input.setRawMode?.(false);
    },
  };
}
