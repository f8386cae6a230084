// The one error type of the engine and the table of its codes. It knows the HTTP status and the CLI exit code of a
// code, and nothing of express or yargs: api/errors.ts and cli/main.ts translate.

/** Every code: HTTP status of the API, exit code of the command line. */
export const ERROR_CODES = {
  invalid: { status: 400, exit: 125 },
  unauthorized: { status: 401, exit: 1 },
  forbidden: { status: 403, exit: 1 },
  not_found: { status: 404, exit: 125 },
  not_acceptable: { status: 406, exit: 1 },
  conflict: { status: 409, exit: 125 },
  /** Nothing to do: already started, already stopped. */
  not_modified: { status: 304, exit: 0 },
  /** The program of a container is missing. */
  command_not_found: { status: 400, exit: 127 },
  /** The program of a container cannot be executed. */
  command_not_executable: { status: 400, exit: 126 },
  internal: { status: 500, exit: 125 },
  not_implemented: { status: 501, exit: 125 },
  unavailable: { status: 503, exit: 125 },
  no_space: { status: 500, exit: 125 },
  /** The client gave up, or the daemon stops. */
  cancelled: { status: 499, exit: 130 },
  /** An answer of a registry that is wrong: digest, length, form. */
  corrupt: { status: 500, exit: 125 },
  /** The host lacks something: a kernel feature, a capability. */
  unsupported: { status: 500, exit: 125 },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What an error can say besides its message: a hint for the user, the cause, the errno name. */
export interface ErrorDetails {
  /** What the user can do about it; printed on a line of its own. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** `ENOSPC` and the like, when a system call failed. */
  readonly errno?: string;
}

export class TskerError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly errno: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TskerError';
    this.code = code;
    this.hint = details.hint;
    this.errno = details.errno;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** The message of anything thrown. Of an error whose clean-up failed as well, as `await using` throws it, those of both. */
export function messageOf(error: unknown): string {
  if (error instanceof SuppressedError) return bothMessages(error.suppressed, error.error);
  return error instanceof Error ? error.message : String(error);
}

/** A failure whose clean-up failed as well: the first stays the error, the second is kept in the message and the cause. */
export function withCleanupFailure(error: unknown, cleanup: unknown): TskerError {
  const code = error instanceof TskerError ? error.code : 'internal';
  return new TskerError(code, bothMessages(error, cleanup), {
    cause: new AggregateError([error, cleanup]),
  });
}

function bothMessages(error: unknown, cleanup: unknown): string {
  return `${messageOf(error)} (and cleaning up failed: ${messageOf(cleanup)})`;
}
