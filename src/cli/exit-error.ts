// A failure whose exit code the command has chosen (run: 125, 126, 127), with the message and the hint of its cause.
import { messageOf, TskerError } from '../util/errors.ts';

export class ExitError extends TskerError {
  readonly #exit: number;

  constructor(exit: number, error: unknown) {
    const details = error instanceof TskerError && error.hint !== undefined ? { hint: error.hint } : {};
    super(error instanceof TskerError ? error.code : 'internal', messageOf(error), { ...details, cause: error });
    this.name = 'ExitError';
    this.#exit = exit;
  }

  override get exitCode(): number {
    return this.#exit;
  }
}
