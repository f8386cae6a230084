// What a registry client fails with: errors worth another try, and the errors a registry names itself
// (distribution-spec, "error codes"). The words are those Docker's clients show.
import { type ErrorCode, type ErrorDetails, TskerError } from '../util/errors.ts';
import { familiarName, familiarString, type Reference } from './reference.ts';

/** A failure that may pass: the network, 5xx, 429. */
export class TransientError extends TskerError {
  /** What Retry-After asks for, in milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(message: string, details: ErrorDetails & { readonly retryAfter?: number | undefined } = {}) {
    super('unavailable', message, details);
    this.retryAfter = details.retryAfter;
  }
}

/** An answer that says no, and why. */
export class RegistryError extends TskerError {
  /** `MANIFEST_UNKNOWN`, `DENIED`, ... */
  readonly reason: string;

  constructor(code: ErrorCode, reason: string, message: string) {
    super(code, message);
    this.reason = reason;
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  MANIFEST_UNKNOWN: 'not_found',
  NAME_UNKNOWN: 'not_found',
  BLOB_UNKNOWN: 'not_found',
  NAME_INVALID: 'invalid',
  UNAUTHORIZED: 'unauthorized',
  DENIED: 'forbidden',
};

const BY_STATUS: Readonly<Record<number, string>> = { 401: 'UNAUTHORIZED', 403: 'DENIED', 404: 'MANIFEST_UNKNOWN' };

const DEFAULT_MESSAGES: Readonly<Record<string, string>> = {
  MANIFEST_UNKNOWN: 'manifest unknown',
  UNAUTHORIZED: 'authentication required',
  DENIED: 'requested access to the resource is denied',
};

/** The error of an unsuccessful answer; `reason` as the body or the challenge names it. */
export function refusal(answer: { status: number; url: string; reason?: string; message?: string }): RegistryError {
  const reason = answer.reason ?? BY_STATUS[answer.status];
  if (reason === undefined) {
    const text = `received unexpected HTTP status: ${answer.status} from ${answer.url}`;
    return new RegistryError('unavailable', 'UNKNOWN', text);
  }
  const message = answer.message || (DEFAULT_MESSAGES[reason] ?? 'unknown error');
  return new RegistryError(CODES[reason] ?? 'unavailable', reason, `${words(reason)}: ${message}`);
}

/** `MANIFEST_UNKNOWN` → `manifest unknown`, as Docker's client prints codes. */
function words(reason: string): string {
  return reason.toLowerCase().replaceAll('_', ' ');
}

/** Docker's words for a pull that the registry refuses (distribution/errors.go, translatePullError). */
export function translatePullError(error: unknown, reference: Reference): unknown {
  if (!(error instanceof RegistryError)) return error;
  const say = (message: string): TskerError => new TskerError('not_found', message, { cause: error });
  switch (error.reason) {
    case 'DENIED':
      return say(
        `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${error.message}`,
      );
    case 'MANIFEST_UNKNOWN':
      return say(`manifest for ${familiarString(reference)} not found: ${error.message}`);
    case 'NAME_UNKNOWN':
      return say(`repository ${familiarName(reference)} not found: ${error.message}`);
    default:
      return error;
  }
}
