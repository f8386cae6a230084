// Sizes as Docker's units.RAMInBytes reads them: `64m`, `1.5 GiB`.

const UNITS = 'bkmgtp';
const SIZE = /^(\d+(?:\.\d+)?|\.\d+) ?([bkmgtp])?(i?b)?$/i;

/** Bytes; undefined when it is no size. */
export function parseBytes(text: string): number | undefined {
  const [, digits, unit = 'b'] = SIZE.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const bytes = Math.trunc(Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
