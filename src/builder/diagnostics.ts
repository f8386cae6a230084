// An error of a Dockerfile as text: the lines around it, a caret under the fault, and what to do about it. Pure, and
// plain text: colours are the terminal's business.
import type { Range } from './parser/position.ts';

export interface Diagnostic {
  /** Name of the Dockerfile. */
  readonly file: string;
  /** Its text, as Dockerfile.source has it. */
  readonly source: string;
  readonly range: Range;
  readonly message: string;
  /** Printed on a line of its own. */
  readonly hint?: string | undefined;
}

/** Lines shown before and after. */
const AROUND = 2;
/** A longer fault is shown by its beginning and its end. */
const MAX_MARKED = 6;
/** Of a line that is wider only the part around the fault is shown. */
const MAX_WIDTH = 160;

/**
 * ```
 * Dockerfile:3:6: dockerfile parse error line 3: Unknown flag: form
 *
 *    2 | WORKDIR /app
 *  > 3 | COPY --form=build /a /b
 *      |      ^^^^^^^^^^^^
 *
 * hint: did you mean --from?
 * ```
 */
export function renderDiagnostic(diagnostic: Diagnostic): string {
  const { file, range, message } = diagnostic;
  const body = renderLinesOf(diagnostic);
  const { start } = range;
  return `${file}:${start.line}:${start.column}: ${message}${body === '' ? '' : `\n\n${body}`}`;
}

/** The same without its first line; '' when there is nothing to show. */
export function renderLinesOf({ source, range, hint }: Diagnostic): string {
  const lines = source.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const body = range.start.line <= lines.length ? [renderLines(lines, range).join('\n')] : [];
  const said = hint === undefined ? [] : [`hint: ${hint}`];
  return [...body, ...said].join('\n\n');
}

function renderLines(lines: readonly string[], { start, end }: Range): readonly string[] {
  const first = Math.max(1, start.line - AROUND);
  const last = Math.min(lines.length, end.line + AROUND);
  const width = String(last).length;
  const rendered: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const inside = number >= start.line && number <= end.line;
    const hidden = number - start.line >= MAX_MARKED - 1 && number < end.line;
    if (hidden) {
      if (rendered.at(-1) !== ELLIPSIS) rendered.push(ELLIPSIS);
      continue;
    }
    const text = lines[number - 1] ?? '';
    const { shown, shift } = clip(text, inside ? start.column - 1 : 0);
    rendered.push(`${inside ? ' > ' : '   '}${String(number).padStart(width)} | ${shown}`.trimEnd());
    // A fault over several lines is marked in front of them; carets under whole lines would say nothing.
    if (!inside || start.line !== end.line) continue;
    const marks = underline(shown, { from: start.column - 1 - shift, to: end.column - 1 - shift });
    rendered.push(`   ${' '.repeat(width)} | ${marks}`.trimEnd());
  }
  return rendered;
}

const ELLIPSIS = '   …';

/** The part of a line that is shown, and how far that moved its columns. */
function clip(text: string, at: number): { readonly shown: string; readonly shift: number } {
  if (text.length <= MAX_WIDTH) return { shown: text, shift: 0 };
  const start = Math.max(0, Math.min(at - MAX_WIDTH / 4, text.length - MAX_WIDTH));
  const shown = text.slice(start, start + MAX_WIDTH);
  if (start === 0) return { shown: `${shown}…`, shift: 0 };
  const open = start + MAX_WIDTH < text.length ? '…' : '';
  return { shown: `…${shown}${open}`, shift: start - 1 };
}

/** Tabs in front stay tabs, so that the carets stand under what they mean whatever a terminal makes of a tab. */
function underline(text: string, { from, to }: { readonly from: number; readonly to: number }): string {
  const end = Math.min(Math.max(to, from + 1), Math.max(text.length, from + 1));
  return text.slice(0, from).padEnd(from).replace(/[^\t]/g, ' ') + '^'.repeat(Math.max(1, end - from));
}
