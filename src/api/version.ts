// API versions: what is advertised, and the `/v1.43` prefix of a path (Docker's 400 texts to the letter). Pure.
import { TskerError } from '../util/errors.ts';

/** What the engine calls itself to Docker clients, and the API it speaks (COMPAT.md, "Versions"). */
export const API_VERSION = '1.51';
export const MIN_API_VERSION = '1.24';

export interface VersionedPath {
  /** `1.43`; the newest for a path without a prefix. */
  readonly version: string;
  /** The path and query without the prefix. */
  readonly url: string;
}

/** Takes the version off a URL. Throws `invalid` when it is older or newer than what is spoken. */
export function splitVersion(url: string): VersionedPath {
  const match = /^\/v(\d{1,4}(?:\.\d{1,4})*)(?=\/)/.exec(url);
  const version = match?.[1];
  if (match === null || version === undefined) return { version: API_VERSION, url };
  if (compareVersions(version, MIN_API_VERSION) < 0) {
    throw new TskerError(
      'invalid',
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  if (compareVersions(version, API_VERSION) > 0) {
    throw new TskerError(
      'invalid',
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  }
  return { version, url: url.slice(match[0].length) };
}

/** Negative, zero or positive, by the numbers between the dots. */
export function compareVersions(left: string, right: string): number {
  const a = left.split('.').map(Number);
  const b = right.split('.').map(Number);
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The API version of a request, kept by the version middleware; routes whose answer depends on it ask here. */
const VERSION = Symbol('API version');

export function setApiVersion(request: object, version: string): void {
  Object.defineProperty(request, VERSION, { value: version });
}

export function apiVersionOf(request: object): string {
  return VERSION in request && typeof request[VERSION] === 'string' ? request[VERSION] : API_VERSION;
}

export function versionAtLeast(request: object, version: string): boolean {
  return compareVersions(apiVersionOf(request), version) >= 0;
}
