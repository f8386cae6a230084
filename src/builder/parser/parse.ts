// Dockerfile text to typed instructions: the whole of the parser behind one function. Pure; nothing here knows stages,
// values of variables or files.
import { type Directives, readDirectives } from './directives.ts';
import { DockerfileError } from './error.ts';
import { parseInstruction } from './instructions/parse.ts';
import { readerOf } from './line.ts';
import type { Range } from './position.ts';
import { decodeSource, splitLines } from './source.ts';
import { readStatements, type Statement } from './statement.ts';
import type { Instruction } from './types.ts';

export interface Dockerfile {
  /** As the user called it. */
  readonly file: string;
  /** Without a byte order mark; ranges are in this text. */
  readonly source: string;
  readonly directives: Directives;
  readonly instructions: readonly Instruction[];
  readonly warnings: readonly Warning[];
}

export interface Warning {
  readonly message: string;
  readonly range: Range;
}

/** Throws DockerfileError with Docker's messages: `failed to parse Dockerfile: …`, `dockerfile parse error line 3: …`. */
export function parseDockerfile(source: string | Uint8Array, { file = 'Dockerfile' } = {}): Dockerfile {
  const text = decodeSource(source);
  if (source.length === 0) throw emptyFile(`the Dockerfile (${file}) cannot be empty`);
  const lines = splitLines(text);
  const directives = readDirectives(lines, file);
  const reader = readerOf(lines.slice(directives.lines));
  const statements = readStatements(reader, { file, escape: directives.escape });
  if (statements.length === 0) throw emptyFile(`failed to parse ${file}: file with no instructions`);
  const instructions = statements.map(parseInstruction);
  return { file, source: text, directives, instructions, warnings: warningsOf(statements, instructions) };
}

/** The instruction that an image keeps for builds on it, as ONBUILD left it there. */
export function parseTrigger(expression: string): Instruction {
  const { instructions } = parseDockerfile(expression, { file: 'ONBUILD trigger' });
  const [trigger] = instructions;
  if (trigger !== undefined && instructions.length === 1) return trigger;
  throw emptyFile('onbuild trigger should be a single expression');
}

function emptyFile(message: string): DockerfileError {
  const start = { line: 1, column: 1 };
  return new DockerfileError(message, { range: { start, end: start } });
}

/** Docker's own words, as its builder prints them. */
function warningsOf(statements: readonly Statement[], instructions: readonly Instruction[]): readonly Warning[] {
  const warnings = statements
    .filter(({ line }) => line.hasEmptyLine)
    .map(({ line, range }) => ({
      message: `[WARNING]: Empty continuation line found in:\n    ${line.text}`,
      range,
    }));
  const last = warnings.at(-1);
  if (last !== undefined) {
    const message = '[WARNING]: Empty continuation lines will become errors in a future release.';
    warnings.push({ message, range: last.range });
  }
  for (const instruction of instructions) {
    if (instruction.kind !== 'ONBUILD' || instruction.problem === undefined) continue;
    const message = `[WARNING]: a build on this image will fail: ${instruction.problem}`;
    warnings.push({ message, range: instruction.range });
  }
  return warnings;
}
