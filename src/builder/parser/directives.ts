// Parser directives: `# name=value` comments at the very top of the file. The first line that is none ends them.
import { syntaxError } from './error.ts';
import { type Line, wordAt } from './line.ts';
import type { Word } from './position.ts';
import type { SourceLine } from './source.ts';
import { skipSpace, skipSpaceBack } from './space.ts';

export interface Directives {
  /** The frontend asked for; tsker has one language and ignores it. */
  readonly syntax: Word | undefined;
  /** `\` or a backquote. */
  readonly escape: string;
  /** Options for BuildKit's checks: `skip=…;error=true`. */
  readonly check: Word | undefined;
  /** Lines that they take up. */
  readonly lines: number;
}

const NAMES = ['syntax', 'escape', 'check'];
const FORM = /^#[\t\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=/;

/** Throws when one is given twice, or the escape character is neither `\` nor a backquote. */
export function readDirectives(lines: readonly SourceLine[], file: string): Directives {
  const found = new Map<string, Word>();
  for (const source of lines) {
    const line = asLine(source, file);
    const form = FORM.exec(line.text);
    const name = form?.[1]?.toLowerCase() ?? '';
    if (form === null || !NAMES.includes(name)) break;
    const start = skipSpace(line.text, form[0].length);
    const end = skipSpaceBack(line.text, start, line.text.length);
    if (start === end) break;
    if (found.has(name)) throw syntaxError(line, `only one ${name} parser directive can be used`);
    found.set(name, wordAt(line, { start, end }));
    if (name === 'escape') checkEscape(line, { start, end });
  }
  return {
    syntax: found.get('syntax'),
    escape: found.get('escape')?.text ?? '\\',
    check: found.get('check'),
    lines: found.size,
  };
}

function checkEscape(line: Line, span: { start: number; end: number }): void {
  const value = line.text.slice(span.start, span.end);
  if (value === '\\' || value === '`') return;
  throw syntaxError(line, `invalid escape token '${value}' does not match \` or \\`, { span });
}

function asLine({ text, number }: SourceLine, file: string): Line {
  const indent = skipSpace(text, 0);
  const segments = [{ offset: 0, line: number, column: indent + 1 }];
  return { file, escape: '\\', text: text.slice(indent), base: 0, segments, hasEmptyLine: false };
}
