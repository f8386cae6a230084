// Values of log options, read as Docker's libraries read them, and refused in their words: go-units' sizes, strconv's
// numbers and truth values. Pure; what they throw is a plain Error for the driver to put its name to.

const SIZE = /^(\d+(?:\.\d+)*) ?([kKmMgGtTpP])?[iI]?[bB]?$/;
const PREFIXES = 'kmgtp';

/** `10m` → 10000000: the decimal sizes of files (go-units FromHumanSize). */
export function parseHumanSize(text: string): number {
  return parseSize(text, 1000);
}

/** `4m` → 4194304: the binary sizes of buffers (go-units RAMInBytes). */
export function parseRamSize(text: string): number {
  return parseSize(text, 1024);
}

function parseSize(text: string, base: number): number {
  const match = SIZE.exec(text);
  const number = Number(match?.[1]);
  if (match === null || Number.isNaN(number)) throw new Error(`invalid size: '${text}'`);
  const prefix = match[2]?.toLowerCase();
  return Math.trunc(number * (prefix === undefined ? 1 : base ** (PREFIXES.indexOf(prefix) + 1)));
}

/** strconv.Atoi. */
export function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) {
    throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`);
  }
  return value;
}

/** strconv.ParseBool. */
export function parseBoolean(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}
