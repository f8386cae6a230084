// Clients that attached before a start. They are connected before the program can write its first byte, or sent away when
// the start fails or the container is removed.
import type { Io } from './io.ts';

export interface Attachment {
  /** The container starts: the streams are there. */
  connect(io: Io): void;
  /** There will be no start. */
  dismiss(): void;
}

export class Attachments {
  readonly #waiting = new Set<Attachment>();

  /** Returns what takes it back. */
  add(attachment: Attachment): () => void {
    this.#waiting.add(attachment);
    return () => void this.#waiting.delete(attachment);
  }

  connectAll(io: Io): void {
    for (const attachment of this.#take()) attachment.connect(io);
  }

  dismissAll(): void {
    for (const attachment of this.#take()) attachment.dismiss();
  }

  #take(): Attachment[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }
}
