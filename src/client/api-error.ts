// An answer of status 400 and more as an error: Docker's `{"message": "..."}`, or what the status says when the body is
// something else (a proxy's page, an empty one).
import { type ErrorCode, TskerError } from '../util/errors.ts';

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  406: 'not_acceptable',
  409: 'conflict',
  501: 'not_implemented',
  503: 'unavailable',
};

/** An error the daemon answered with; `httpStatus` is the answer's own, which the code's may only resemble. */
export class ApiError extends TskerError {
  readonly httpStatus: number;

  constructor(httpStatus: number, message: string, hint?: string) {
    super(CODE_OF_STATUS[httpStatus] ?? 'internal', message, hint === undefined ? {} : { hint });
    this.name = 'ApiError';
    this.httpStatus = httpStatus;
  }
}

/** Builds the error of an answer from its body's text. */
export function apiErrorOf(status: number, reason: string, body: string): ApiError {
  const fields = parseObject(body);
  const { message, hint } = fields;
  if (typeof message === 'string' && message !== '') {
    return new ApiError(status, message, typeof hint === 'string' ? hint : undefined);
  }
  const text = body.trim().split('\n', 1)[0]?.slice(0, 200) ?? '';
  return new ApiError(status, `the daemon answered ${status} ${reason}${text === '' ? '' : `: ${text}`}`);
}

function parseObject(text: string): { readonly message?: unknown; readonly hint?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
