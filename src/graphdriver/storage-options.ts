// `--storage-opt` of the daemon: which options a driver has, and sizes as Docker writes them. Pure.
import { TskerError } from '../util/errors.ts';

/** The options as names and values; names have their driver in front (`dm.basesize`). */
export type StorageOptions = ReadonlyMap<string, string>;

/** Throws `invalid` for what is not name=value, or is not of `known`. Names are case-insensitive, as Docker's. */
export function parseStorageOptions(
  driver: string,
  given: readonly string[],
  known: readonly string[],
): StorageOptions {
  const options = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at <= 0) throw new TskerError('invalid', `unable to parse key/value option: ${text}`);
    const name = text.slice(0, at).toLowerCase();
    if (!known.includes(name)) {
      throw new TskerError('invalid', `${driver}: unknown option ${name}`, {
        hint: known.length === 0 ? `${driver} has no options` : `there are: ${known.join(', ')}`,
      });
    }
    options.set(name, text.slice(at + 1));
  }
  return options;
}

const UNITS: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Bytes of `10G`, `64k`, `512`: units are powers of 1024 (go-units RAMInBytes). Throws `invalid`. */
export function parseSize(name: string, text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgtp]?)(?:i?b)?$/i.exec(text) ?? [];
  const power = UNITS[unit.toLowerCase()];
  if (digits === undefined || power === undefined)
    throw new TskerError('invalid', `invalid size for ${name}: '${text}'`);
  const bytes = Math.floor(Number(digits) * 1024 ** power);
  if (!Number.isSafeInteger(bytes)) throw new TskerError('invalid', `invalid size for ${name}: '${text}'`);
  return bytes;
}
