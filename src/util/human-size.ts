// Sizes for people, as go-units' HumanSize writes them. Pure.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Four significant digits, powers of 1000: `65.54kB`. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
