// What each log driver takes as options, and what the drivers that write files make of them. Pure.
import type { LogConfig } from '../../types/container-config.ts';
import { messageOf } from '../../util/errors.ts';
import { parseBoolean, parseHumanSize, parseInteger, parseRamSize } from './values.ts';

export type LogOptions = Readonly<Record<string, string>>;

export function optionsOf({ Config: options }: LogConfig): LogOptions {
  return options ?? {};
}

const ATTRIBUTES = ['labels', 'labels-regex', 'env', 'env-regex', 'tag'];
const ROTATION = ['max-file', 'max-size', 'compress'];

const OPTIONS = {
  'json-file': [...ROTATION, ...ATTRIBUTES],
  local: ROTATION,
  syslog: [
    'syslog-address',
    'syslog-facility',
    'syslog-tls-ca-cert',
    'syslog-tls-cert',
    'syslog-tls-key',
    'syslog-tls-skip-verify',
    'syslog-format',
    ...ATTRIBUTES,
  ],
} as const;

/** Throws in the driver's words. */
export function requireKnownOptions(driver: keyof typeof OPTIONS, names: readonly string[]): void {
  const known: readonly string[] = OPTIONS[driver];
  const unknown = [...names].sort().find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const where = driver === 'local' ? 'log driver local' : `${driver} log driver`;
  throw new Error(`unknown log opt '${unknown}' for ${where}`);
}

/** How a log is divided into files. */
export interface Rotation {
  /** Bytes; undefined: one file that grows. */
  readonly maxSize: number | undefined;
  /** The one written included. */
  readonly maxFiles: number;
  /** Those that are not written any more. */
  readonly compress: boolean;
}

/** Whether lines may be dropped, and how many bytes of them wait before that. */
export interface Delivery {
  readonly nonBlocking: boolean;
  readonly buffer?: number;
}

/** Docker's ring when its size is not given. */
const DEFAULT_BUFFER = 1_000_000;

export function readDelivery({ mode, 'max-buffer-size': size }: LogOptions): Delivery {
  if (mode !== 'non-blocking') return { nonBlocking: false };
  return { nonBlocking: true, buffer: size === undefined ? DEFAULT_BUFFER : Math.max(parseRamSize(size), 1) };
}

/** Of `json-file`: one file without an end unless options say otherwise. */
export function readJsonFileRotation({ 'max-size': size, 'max-file': files, compress }: LogOptions): Rotation {
  const maxSize = size === undefined ? undefined : parseHumanSize(size);
  if (maxSize !== undefined && maxSize <= 0) throw new Error('max-size must be a positive number');
  const maxFiles = files === undefined ? 1 : parseInteger(files);
  if (maxFiles < 1) throw new Error('max-file cannot be less than 1');
  const isCompressed = compress === undefined ? false : parseBoolean(compress);
  if (isCompressed && (maxFiles === 1 || maxSize === undefined)) {
    throw new Error('compress cannot be true when max-file is less than 2 or max-size is not set');
  }
  return { maxSize, maxFiles, compress: isCompressed };
}

const LOCAL = { maxSize: 20 * 1024 * 1024, maxFiles: 5, compress: true } as const;

/** Of `local`, and of the cache beside a driver that cannot be read (`prefix` is `cache-` then). */
export function readLocalRotation(options: LogOptions, prefix = ''): Rotation {
  const { maxSize, maxFiles, compress } = readLocalValues(options, prefix);
  if (maxFiles < 0) throw new Error('max file count cannot be less than 0');
  if (compress && maxFiles <= 1) throw new Error('compression cannot be enabled when max file count is 1');
  // A size of 0 fills a file with one line.
  return { maxSize: Math.max(maxSize, 1), maxFiles: Math.max(maxFiles, 1), compress };
}

function readLocalValues(
  options: LogOptions,
  prefix: string,
): { maxSize: number; maxFiles: number; compress: boolean } {
  const read = <T>(name: string, parse: (text: string) => T, otherwise: T): T => {
    const text = options[prefix + name];
    if (text === undefined) return otherwise;
    try {
      return parse(text);
    } catch (error) {
      const reason = messageOf(error);
      if (name === 'compress') throw new Error(`error reading compress log option: ${reason}`);
      throw new Error(`invalid value for ${name}: ${text}: ${reason}`);
    }
  };
  return {
    maxSize: read('max-size', parseHumanSize, LOCAL.maxSize),
    maxFiles: read('max-file', parseInteger, LOCAL.maxFiles),
    compress: read('compress', parseBoolean, LOCAL.compress),
  };
}
