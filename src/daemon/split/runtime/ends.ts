// Whom to tell of the end of a process, by its container and its name. It knows nobody else, and asks nobody. An end is told once.
import type { ExitStatus } from '../../../native/native.ts';

export interface Named {
  readonly id: string;
  readonly process: string;
}

interface Expected extends Named {
  readonly tell: (status: ExitStatus) => void;
}

export class Ends {
  readonly #expected = new Map<string, Expected>();

  expect({ id, process }: Named): Promise<ExitStatus> {
    const { promise, resolve } = Promise.withResolvers<ExitStatus>();
    this.#expected.set(keyOf({ id, process }), { id, process, tell: resolve });
    return promise;
  }

  /** It has not ended, as far as we were told. */
  isExpected(named: Named): boolean {
    return this.#expected.has(keyOf(named));
  }

  all(): readonly Named[] {
    return [...this.#expected.values()];
  }

  /** Nobody is to be told. */
  drop(named: Named): void {
    this.#expected.delete(keyOf(named));
  }

  /** `code`: 128 + a signal's number for what a signal ended. */
  tell(named: Named, code: number): void {
    const expected = this.#expected.get(keyOf(named));
    this.drop(named);
    expected?.tell({ code, signal: code > 128 ? code - 128 : undefined });
  }
}

function keyOf({ id, process }: Named): string {
  return `${id} ${process}`;
}
