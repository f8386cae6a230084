// What a command tells whoever started it. Shims and monitors read --log for the last error; a person reads stderr. Lines are
// logrus', as runc's are.
import { closeSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

const STDERR = 2;

export interface LogOptions {
  /** Default: stderr. */
  readonly file: string | undefined;
  readonly format: 'text' | 'json';
  readonly debug: boolean;
}

type Level = 'error' | 'warning' | 'debug';

export class Log {
  readonly #options: LogOptions;
  readonly #warnings: string[] = [];

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Told at the end, and only when all went well: a reader of --log takes the file for one error. */
  warn(message: string): void {
    this.#warnings.push(message);
  }

  debug(message: string): void {
    if (this.#options.debug) this.#write('debug', message);
  }

  error(message: string): void {
    this.#warnings.length = 0;
    this.#write('error', message);
    if (this.#options.file !== undefined) writeSync(STDERR, `${message}\n`);
  }

  /** Stderr is the container's as well: what was left out is told there only to a person. */
  close(): void {
    const { file, debug } = this.#options;
    if (file === undefined && !debug && !isatty(STDERR)) return;
    for (const message of this.#warnings.splice(0)) this.#write('warning', message);
  }

  #write(level: Level, message: string): void {
    const line = formatLine(level, message, { format: this.#options.format, time: new Date() });
    if (this.#options.file === undefined) {
      writeSync(STDERR, line);
      return;
    }
    const fd = openSync(this.#options.file, 'a', 0o644);
    try {
      writeSync(fd, line);
    } finally {
      closeSync(fd);
    }
  }
}

/** One line of a log, its newline included. Pure. */
export function formatLine(
  level: string,
  message: string,
  { format, time }: { format: LogOptions['format']; time: Date },
): string {
  const stamp = time.toISOString().replace(/\.\d+Z$/, 'Z');
  if (format === 'json') return `${JSON.stringify({ level, msg: message, time: stamp })}\n`;
  return `time="${stamp}" level=${level} msg=${JSON.stringify(message)}\n`;
}
