// Sizes and durations in the words of Docker's go-units, which people and scripts read. Pure.

const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

/** Bytes in powers of 1000: `4.43MB`. Lists use 3 significant digits, progress bars 4. */
export function humanSize(bytes: number, digits = 4): string {
  return scale(bytes, 1000, DECIMAL_UNITS, digits);
}

/** Bytes in powers of 1024: `3.832GiB`. */
export function binarySize(bytes: number): string {
  return scale(bytes, 1024, BINARY_UNITS, 4);
}

function scale(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${generalNumber(value, digits)}${units[unit]}`;
}

/** Go's `%.{digits}g`: significant digits without trailing zeros, an exponent when they do not suffice. */
function generalNumber(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  if (Math.abs(rounded) < 10 ** digits) return String(rounded);
  return rounded.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3600;

/** `2 hours`, `About a minute`: go-units' HumanDuration, with its own idea of when to round. */
export function humanDuration(seconds: number): string {
  if (seconds < SECOND) return 'Less than a second';
  if (seconds < 2) return '1 second';
  if (seconds < MINUTE) return `${Math.floor(seconds)} seconds`;
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(seconds / HOUR + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(seconds / HOUR / 24 / 365)} years`;
}

/** `3 minutes ago`, from epoch seconds. */
export function humanAgo(epochSeconds: number, nowMilliseconds: number): string {
  return `${humanDuration(nowMilliseconds / 1000 - epochSeconds)} ago`;
}

/** `2025-01-31 09:05:07 +0100 CET`, as Go prints a time: the local zone, or UTC. */
export function goTime(epochSeconds: number): string {
  const date = new Date(epochSeconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time} ${zoneOffset(date)} ${zoneName(date)}`;
}

/** `+0100`. */
export function zoneOffset(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  const digits = Math.floor(size / 60) * 100 + (size % 60);
  return `${minutes < 0 ? '-' : '+'}${String(digits).padStart(4, '0')}`;
}

function zoneName(date: Date): string {
  if (date.getTimezoneOffset() === 0) return 'UTC';
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(date);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zoneOffset(date);
}

/** The first twelve digits of an id, without its algorithm. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

/** Cut to `width` characters, the last of which is then an ellipsis. */
export function ellipsis(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 1 ? characters.slice(0, width).join('') : `${characters.slice(0, width - 1).join('')}…`;
}
