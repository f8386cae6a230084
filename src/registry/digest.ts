// Content digests, `algorithm:hex` (image-spec descriptor.md#digests). Pure.
import { createHash } from 'node:crypto';
import { TskerError } from '../util/errors.ts';

/** Hex characters of each algorithm that the specification registers and this engine can verify. */
const HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

const FORM = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/i;

/** Whether `text` is a digest of a known algorithm. */
export function isDigest(text: string): boolean {
  const [algorithm, hex] = text.split(':');
  const length = HEX_LENGTH[algorithm ?? ''];
  return length !== undefined && hex !== undefined && text.indexOf(':') === text.lastIndexOf(':') && isHex(hex, length);
}

/** Returns `text` when it is a digest; throws `invalid` with the words of Docker's digest package otherwise. */
export function checkDigest(text: string): string {
  if (isDigest(text)) return text;
  if (!FORM.test(text)) throw new TskerError('invalid', `invalid checksum digest format: ${text}`);
  const algorithm = text.slice(0, text.indexOf(':'));
  if (HEX_LENGTH[algorithm] === undefined) throw new TskerError('invalid', `unsupported digest algorithm: ${text}`);
  throw new TskerError('invalid', `invalid checksum digest length: ${text}`);
}

/** The sha256 digest of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Whether `bytes` have the digest `expected`, in its own algorithm. */
export function matchesDigest(bytes: Uint8Array, expected: string): boolean {
  const [algorithm = '', hex] = expected.split(':');
  return isDigest(expected) && createHash(algorithm).update(bytes).digest('hex') === hex;
}

/** The first twelve hex characters, as Docker shows ids. */
export function shortId(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}

function isHex(text: string, length: number): boolean {
  return text.length === length && /^[0-9a-f]+$/.test(text);
}
