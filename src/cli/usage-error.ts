// A command line that cannot be understood: exit code 125 for flags, as Docker's, 1 for a wrong number of arguments.
import { TskerError } from '../util/errors.ts';

export interface UsageErrorDetails {
  /** The command as it was spelled, for "See 'tsker ... --help'". */
  readonly command?: string | undefined;
  /** The long flag that is not known, for a suggestion. */
  readonly unknownFlag?: string;
}

export class UsageError extends TskerError {
  readonly command: string | undefined;
  readonly unknownFlag: string | undefined;

  constructor(message: string, details: UsageErrorDetails = {}) {
    super('invalid', message);
    this.name = 'UsageError';
    this.command = details.command;
    this.unknownFlag = details.unknownFlag;
  }

  /** The same error, of this command when it does not know its own: what turns flags into requests has no need to. */
  of(command: string): UsageError {
    if (this.command !== undefined) return this;
    return new UsageError(this.message, {
      command,
      ...(this.unknownFlag === undefined ? {} : { unknownFlag: this.unknownFlag }),
    });
  }
}

/** The right flags with the wrong number of arguments. */
export class ArgumentCountError extends TskerError {
  readonly command: string;

  constructor(message: string, command: string) {
    super('invalid', message);
    this.name = 'ArgumentCountError';
    this.command = command;
  }

  override get exitCode(): number {
    return 1;
  }
}
