// The text of a Dockerfile as physical lines. Line ends are kept beside the lines, because a heredoc's content has
// the ones that were written. Nothing of the language is known here.

export interface SourceLine {
  /** From 1. */
  readonly number: number;
  /** Without the line end, and without the byte order mark in front of the first line. */
  readonly text: string;
  /** `\n`, `\r\n`, or nothing at the end of the file. */
  readonly ending: string;
}

const BYTE_ORDER_MARK = '\ufeff';

/** UTF-8 to text; bytes that are no UTF-8 become U+FFFD, as in Docker. */
export function decodeSource(source: string | Uint8Array): string {
  const text = typeof source === 'string' ? source : new TextDecoder('utf-8', { ignoreBOM: true }).decode(source);
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

/** A line end closes a line: there is no empty line after the last one. */
export function splitLines(text: string): readonly SourceLine[] {
  const lines: SourceLine[] = [];
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    let end = next;
    while (end > at && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
    lines.push({ number: lines.length + 1, text: text.slice(at, end), ending: text.slice(end, next) });
    at = next;
  }
  return lines;
}
