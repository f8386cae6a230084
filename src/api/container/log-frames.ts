// Log lines as the bytes a client reads: Docker's 8-byte frames unless there is a terminal, with timestamps and details
// in front when asked for. Pure.
import type { LogLine } from '../../types/container.ts';

export interface LogFormat {
  /** Put a header of stream number and length before each line. */
  readonly framed: boolean;
  readonly timestamps: boolean;
  readonly details: boolean;
}

const HEADER = 8;
const STREAM_NUMBER = { stdout: 1, stderr: 2 } as const;

/** One buffer for the whole batch: a write per line would cost more than all the rest. */
export function encodeLogs(lines: readonly LogLine[], format: LogFormat): Buffer {
  const texts = lines.map((line) => prefix(line, format) + line.log);
  const header = format.framed ? HEADER : 0;
  const out = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + header + Buffer.byteLength(text), 0));
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const size = out.write(texts[index] ?? '', at + header);
    if (format.framed) {
      out.writeUInt32BE(STREAM_NUMBER[line.stream] * 2 ** 24, at);
      out.writeUInt32BE(size, at + 4);
    }
    at += header + size;
  }
  return out;
}

function prefix(line: LogLine, { timestamps, details }: LogFormat): string {
  const time = timestamps ? `${fixedTime(line.time)} ` : '';
  return details ? `${time}${formatAttributes(line.attrs ?? {})} ` : time;
}

/** Nine digits always: clients align and sort by them (moby's RFC3339NanoFixed). */
export function fixedTime(time: string): string {
  const match = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (match === null) return time;
  return `${match[1]}.${(match[2] ?? '').padEnd(9, '0')}${match[3]}`;
}

function formatAttributes(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([key, value]) => `${escapeQuery(key)}=${escapeQuery(value)}`)
    .sort()
    .join(',');
}

/** As Go's url.QueryEscape, which clients undo. */
function escapeQuery(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed()).replaceAll('%20', '+');
  return encoded.replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}
