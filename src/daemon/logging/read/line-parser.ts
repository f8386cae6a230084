// Bytes of a json-file log → its lines. Lines in the form the pump writes are cut out of the text by their fixed parts;
// JSON.parse, several times slower, is for the rest (escapes, other writers). Pure.
import type { LogLine } from '../../../types/container.ts';

const HEAD = '{"log":"';
/** `","stream":"stdout"` */
const STREAM = '","stream":"std';
const STREAM_SIZE = 19;
const TIME = ',"time":"';
/** 2026-11-21T13:44:01.045154910Z, as the pump writes it. */
const TIME_SIZE = 30;
/** From the time's name to the end: `,"time":"…"}` */
const END_SIZE = TIME.length + TIME_SIZE + 2;
const ATTRIBUTES = ',"attrs":';

const LETTER_N = 0x6e;
const LETTER_E = 0x65;

type Attributes = Readonly<Record<string, string>>;

export class LineParser {
  /** The start of a line whose end has not come yet. */
  #rest: Buffer = Buffer.alloc(0);
  /** What the lines of this log bear between stream and time: the same for all of one run. */
  #attributesText = '';
  #attributes: Attributes | undefined;
  /** Of the first backslash at or behind the place where it was last looked for. */
  #backslash = -1;

  /** The lines that are complete now. A damaged one is left out: a log cut off by a full disk stays readable. */
  push(chunk: Buffer): LogLine[] {
    const end = chunk.lastIndexOf(0x0a) + 1;
    if (end === 0) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return [];
    }
    const whole = chunk.subarray(0, end);
    const text = (this.#rest.length === 0 ? whole : Buffer.concat([this.#rest, whole])).toString('utf8');
    this.#rest = end === chunk.length ? Buffer.alloc(0) : Buffer.from(chunk.subarray(end));
    return this.#parse(text);
  }

  #parse(text: string): LogLine[] {
    const lines: LogLine[] = [];
    this.#backslash = -1;
    for (let at = 0; at < text.length; ) {
      const end = text.indexOf('\n', at);
      const line = this.#cutOut(text, at, end) ?? this.#decode(text.slice(at, end));
      if (line !== undefined) lines.push(line);
      at = end + 1;
    }
    return lines;
  }

  /** A line whose only escape, if any, is the line break at its end. */
  #cutOut(text: string, at: number, end: number): LogLine | undefined {
    const timeAt = end - END_SIZE;
    const tail = timeAt - this.#attributesText.length - STREAM_SIZE;
    const start = at + HEAD.length;
    if (tail < start || !text.startsWith(HEAD, at) || !text.startsWith(STREAM, tail)) return undefined;
    if (!text.startsWith(TIME, timeAt) || !text.startsWith(this.#attributesText, tail + STREAM_SIZE)) return undefined;
    if (this.#backslash < start) {
      const found = text.indexOf('\\', start);
      this.#backslash = found < 0 ? text.length : found;
    }
    const log = this.#logOf(text, start, tail);
    if (log === undefined) return undefined;
    const time = text.slice(timeAt + TIME.length, timeAt + TIME.length + TIME_SIZE);
    const stream = text.charCodeAt(tail + STREAM.length) === LETTER_E ? 'stderr' : 'stdout';
    return this.#attributes === undefined ? { log, stream, time } : { log, stream, time, attrs: this.#attributes };
  }

  #logOf(text: string, start: number, tail: number): string | undefined {
    if (this.#backslash >= tail) return text.slice(start, tail);
    if (this.#backslash === tail - 2 && text.charCodeAt(tail - 1) === LETTER_N)
      return `${text.slice(start, tail - 2)}\n`;
    // The text alone: shorter to parse than the line.
    return parseText(text.slice(start - 1, tail + 1));
  }

  #decode(text: string): LogLine | undefined {
    const value = parseObject(text);
    if (value === undefined || typeof value['log'] !== 'string') return undefined;
    const { log, stream, time, attrs } = value;
    this.#remember(text, attrs);
    return {
      log,
      stream: stream === 'stderr' ? 'stderr' : 'stdout',
      time: typeof time === 'string' ? time : '',
      ...(this.#attributes === undefined ? {} : { attrs: this.#attributes }),
    };
  }

  /** The next lines are expected to bear the same. */
  #remember(text: string, attrs: unknown): void {
    const isObject = typeof attrs === 'object' && attrs !== null;
    const from = text.lastIndexOf(`"${ATTRIBUTES}{"`);
    this.#attributes = isObject ? (attrs as Attributes) : undefined;
    // A quote inside a JSON text is escaped: what is found is no part of the log or of an attribute.
    this.#attributesText = isObject && from >= 0 ? text.slice(from + 1, text.length - END_SIZE) : '';
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function parseText(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}

/** How far back through a chunk the last `wanted` lines begin: the offset behind a newline, or how many newlines there are. */
export function findTail(chunk: Buffer, wanted: number): { readonly offset: number } | { readonly found: number } {
  let found = 0;
  for (let at = chunk.lastIndexOf(0x0a); at >= 0; at = at === 0 ? -1 : chunk.lastIndexOf(0x0a, at - 1)) {
    found += 1;
    if (found > wanted) return { offset: at + 1 };
  }
  return { found };
}

/** How many lines end in a chunk. */
export function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) count += 1;
  return count;
}

/** The offset behind `count` line ends; undefined when there are fewer. */
export function skipLines(chunk: Buffer, count: number): number | undefined {
  let at = 0;
  for (let left = count; left > 0; left -= 1) {
    const newline = chunk.indexOf(0x0a, at);
    if (newline < 0) return undefined;
    at = newline + 1;
  }
  return at;
}
