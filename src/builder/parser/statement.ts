// From the lines of the file to statements: a keyword, flags, arguments in the form the keyword asks for, heredocs.
// The meaning of the arguments is checked later, instruction by instruction (instructions/).
import { syntaxError } from './error.ts';
import {
  type Pair,
  readJsonOr,
  readPairs,
  readPlainWords,
  readQuotedWords,
  readText,
  readWordThenCommand,
  type Words,
} from './forms.ts';
import { findMarks, type Heredoc, readHeredocs } from './heredoc.ts';
import {
  isComment,
  joinLine,
  type Line,
  type LineReader,
  rangeAt,
  restOfLine,
  type Span,
  trimSpan,
  wordAt,
} from './line.ts';
import type { Range, Word } from './position.ts';
import { skipSpace, trimSpace } from './space.ts';
import { type Flag, splitLine } from './split.ts';

export interface Statement extends Words {
  readonly line: Line;
  readonly keyword: Word;
  /** In capitals. */
  readonly name: string;
  readonly flags: readonly Flag[];
  /** For ENV and LABEL. */
  readonly pairs: readonly Pair[];
  /** For ONBUILD: what it puts off. */
  readonly trigger: Statement | undefined;
  readonly heredocs: readonly Heredoc[];
  /** The comments right above. */
  readonly comments: readonly string[];
  /** The joined line without white space around it: what Docker shows as the step. */
  readonly original: string;
  /** From the keyword to the end of the last line, heredocs included. */
  readonly range: Range;
}

type Form = 'words' | 'text' | 'json or text' | 'json or words' | 'quoted words' | 'pairs' | 'check' | 'statement';

const FORMS = new Map<string, Form>([
  ['ADD', 'json or words'],
  ['ARG', 'quoted words'],
  ['CMD', 'json or text'],
  ['COPY', 'json or words'],
  ['ENTRYPOINT', 'json or text'],
  ['ENV', 'pairs'],
  ['EXPOSE', 'words'],
  ['FROM', 'words'],
  ['HEALTHCHECK', 'check'],
  ['LABEL', 'pairs'],
  ['MAINTAINER', 'text'],
  ['ONBUILD', 'statement'],
  ['RUN', 'json or text'],
  ['SHELL', 'json or text'],
  ['STOPSIGNAL', 'text'],
  ['USER', 'text'],
  ['VOLUME', 'json or words'],
  ['WORKDIR', 'text'],
]);

export const INSTRUCTION_NAMES: readonly string[] = [...FORMS.keys()];
const WITH_HEREDOCS = ['ADD', 'COPY', 'RUN'];
/** ONBUILD ONBUILD … is refused later; reading it must end all the same. */
const MAX_NESTING = 16;

/** All statements of a file, in order. */
export function readStatements(reader: LineReader, context: { file: string; escape: string }): readonly Statement[] {
  const statements: Statement[] = [];
  let comments: string[] = [];
  for (let first = reader.next(); first !== undefined; first = reader.next()) {
    if (isComment(first.text)) {
      comments.push(trimSpace(first.text.slice(skipSpace(first.text, 0) + 1)));
      continue;
    }
    if (skipSpace(first.text, 0) === first.text.length) {
      comments = [];
      continue;
    }
    statements.push(readStatement(joinLine(first, reader, context), reader, comments));
    comments = [];
  }
  return statements;
}

function readStatement(line: Line, reader: LineReader, comments: readonly string[]): Statement {
  const statement = { ...parseStatement(line, 0), comments };
  const announcing = statement.trigger ?? statement;
  if (!WITH_HEREDOCS.includes(announcing.name) || announcing.json) return statement;
  const heredocs = readHeredocs(findMarks(line.text), line, reader);
  const last = heredocs.at(-1);
  if (last === undefined) return statement;
  const range = { start: statement.range.start, end: last.range.end };
  const trigger = statement.trigger === undefined ? undefined : { ...statement.trigger, heredocs, range };
  return { ...statement, heredocs, range, trigger };
}

function parseStatement(line: Line, nesting: number): Statement {
  const { keyword, flags, rest } = splitLine(line);
  const name = keyword.text.toUpperCase();
  const form = FORMS.get(name);
  const base = { line, keyword, name, flags, pairs: [], trigger: undefined, heredocs: [], comments: [] };
  const original = trimSpace(line.text);
  const range = rangeAt(line, trimSpan(line, { start: 0, end: line.text.length }));
  const read = (): Words => readWords(line, rest, form);
  if (form === 'pairs') return { ...base, original, range, json: false, words: [], pairs: readPairs(line, rest, name) };
  if (form !== 'statement' || rest.start === rest.end) return { ...base, original, range, ...read() };
  if (nesting >= MAX_NESTING) throw syntaxError(line, 'ONBUILD is nested too deeply');
  const trigger = parseStatement(restOfLine(line, rest.start), nesting + 1);
  return { ...base, original, range, json: false, words: [trigger.keyword], trigger };
}

function readWords(line: Line, rest: Span, form: Form | undefined): Words {
  switch (form) {
    case 'words':
      return readPlainWords(line, rest);
    case 'text':
      return readText(line, rest);
    case 'json or text':
      return readJsonOr(line, rest, readText);
    case 'json or words':
      return readJsonOr(line, rest, readPlainWords);
    case 'quoted words':
      return { json: false, words: readQuotedWords(line, rest).map((span) => wordAt(line, span)) };
    case 'check':
      return readWordThenCommand(line, rest);
    default:
      // An unknown instruction is reported once the whole file has been read.
      return { json: false, words: [] };
  }
}
