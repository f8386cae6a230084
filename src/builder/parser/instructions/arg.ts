// ARG name[=default] …
import type { Position, Word } from '../position.ts';
import type { Statement } from '../statement.ts';
import type { ArgInstruction } from '../types.ts';
import { atLeastOne, commonFields, fail } from './common.ts';

/** Flags in front are not looked at, as in Docker. */
export function parseArg(statement: Statement): ArgInstruction {
  if (statement.words.length === 0) throw atLeastOne(statement);
  return { kind: 'ARG', ...commonFields(statement), args: statement.words.map((word) => readArg(statement, word)) };
}

function readArg(statement: Statement, { text, range }: Word): ArgInstruction['args'][number] {
  const equals = text.indexOf('=');
  if (equals < 0) return { name: { text, range }, value: undefined };
  if (equals === 0) throw fail(statement, 'ARG names can not be blank', { range });
  const middle = advance(range.start, equals);
  return {
    name: { text: text.slice(0, equals), range: { start: range.start, end: middle } },
    value: { text: text.slice(equals + 1), range: { start: advance(middle, 1), end: range.end } },
  };
}

/** Good as long as the name stands on one line; a name broken by a continuation is off by what was cut. */
function advance({ line, column }: Position, by: number): Position {
  return { line, column: column + by };
}
