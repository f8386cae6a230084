// The logger that parts are handed: a level, a message, a few fields. It writes lines for people to a stream, and knows no
// file, no rotation and no global.
import { messageOf } from './errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** `level` may be asked for at each message: it can change. Lines as `2026-11-21T13:00:00.000Z warn  message key=value`, for messages of `level` and above. */
export function createLogger(level: LogLevel | (() => LogLevel), write: (line: string) => void): Logger {
  const threshold = typeof level === 'string' ? () => level : level;
  const at = (name: LogLevel) => {
    const rank = LOG_LEVELS.indexOf(name);
    return (message: string, fields: LogFields = {}) => {
      if (rank < LOG_LEVELS.indexOf(threshold())) return;
      write(`${new Date().toISOString()} ${name.padEnd(5)} ${oneLine(message)}${formatFields(fields)}\n`);
    };
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .map(([key, value]) => ` ${key}=${formatValue(value)}`)
    .join('');
}

/** Hostile names must not forge log lines: anything unusual is quoted. */
function formatValue(value: unknown): string {
  const text =
    value instanceof Error ? messageOf(value) : typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[\w./:@=+,-]+$/.test(text) ? text : JSON.stringify(text);
}

function oneLine(message: string): string {
  return message.replaceAll('\n', '\\n');
}
