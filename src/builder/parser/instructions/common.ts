// What the parsers of the single instructions share: the common fields, errors, commands.
import { type DockerfileErrorDetails, instructionError } from '../error.ts';
import type { Range } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { CommandLine } from '../types.ts';

interface Common {
  readonly keyword: Statement['keyword'];
  readonly range: Range;
  readonly original: string;
  readonly comments: readonly string[];
}

export function commonFields({ keyword, range, original, comments }: Statement): Common {
  return { keyword, range, original, comments };
}

/** An error about the instruction, or about the range given. */
export function fail(statement: Statement, reason: string, details: Partial<DockerfileErrorDetails> = {}): Error {
  const startLine = statement.line.segments[0]?.line ?? statement.range.start.line;
  return instructionError(startLine, reason, { range: statement.range, ...details });
}

export function commandOf(statement: Statement, from = 0): CommandLine {
  return { form: statement.json ? 'exec' : 'shell', words: statement.words.slice(from) };
}

/** The only word of an instruction that has exactly one. */
export function onlyWord(statement: Statement): Statement['words'][number] {
  const [word] = statement.words;
  if (word === undefined || statement.words.length !== 1) {
    throw fail(statement, `${statement.name} requires exactly one argument`);
  }
  return word;
}

export function atLeastOne(statement: Statement): Error {
  return fail(statement, `${statement.name} requires at least one argument`);
}
