// Dockerfile text to typed instructions: the whole of the parser behind one function. Pure; nothing here knows what a
// stage is based on, values of variables or files.
import { type Directives, readDirectives } from './directives.ts';
import { DockerfileError } from './error.ts';
import { parseInstruction } from './instructions/parse.ts';
import { readerOf } from './line.ts';
import type { Range } from './position.ts';
import { decodeSource, splitLines } from './source.ts';
import { readStatements, type Statement } from './statement.ts';
import type { ArgInstruction, FromInstruction, Instruction } from './types.ts';

export interface Dockerfile {
  /** As the user called it. */
  readonly file: string;
  /** Without a byte order mark; ranges are in this text. */
  readonly source: string;
  readonly directives: Directives;
  /** All of them, in order. */
  readonly instructions: readonly Instruction[];
  /** The ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly groups: readonly StageGroup[];
  readonly warnings: readonly Warning[];
}

/** A FROM and what follows it. */
export interface StageGroup {
  readonly from: FromInstruction;
  readonly instructions: readonly Instruction[];
}

export interface Warning {
  readonly message: string;
  readonly range: Range;
}

/** Throws DockerfileError with Docker's messages: `failed to parse Dockerfile: …`, `dockerfile parse error line 3: …`. */
export function parseDockerfile(source: string | Uint8Array, { file = 'Dockerfile' } = {}): Dockerfile {
  const { text, directives, statements } = readFile(source, file);
  const instructions: Instruction[] = [];
  const globalArgs: ArgInstruction[] = [];
  const groups: (StageGroup & { readonly instructions: Instruction[] })[] = [];
  for (const statement of statements) {
    const instruction = parseInstruction(statement);
    const group = groups.at(-1);
    instructions.push(instruction);
    if (instruction.kind === 'FROM') groups.push({ from: instruction, instructions: [] });
    else if (group !== undefined) group.instructions.push(instruction);
    else if (instruction.kind === 'ARG') globalArgs.push(instruction);
    else throw noStage(instruction);
  }
  const warnings = warningsOf(statements, instructions);
  return { file, source: text, directives, instructions, globalArgs, groups, warnings };
}

/** The instruction that an image keeps for builds on it, as ONBUILD left it there. */
export function parseTrigger(expression: string): Instruction {
  const { statements } = readFile(expression, 'ONBUILD trigger');
  const [trigger] = statements;
  if (trigger !== undefined && statements.length === 1) return parseInstruction(trigger);
  throw emptyFile('onbuild trigger should be a single expression');
}

function readFile(
  source: string | Uint8Array,
  file: string,
): { readonly text: string; readonly directives: Directives; readonly statements: readonly Statement[] } {
  if (source.length === 0) throw emptyFile(`the Dockerfile (${file}) cannot be empty`);
  const text = decodeSource(source);
  const lines = splitLines(text);
  const directives = readDirectives(lines, file);
  const reader = readerOf(lines.slice(directives.lines));
  const statements = readStatements(reader, { file, escape: directives.escape });
  if (statements.length === 0) throw emptyFile(`failed to parse ${file}: file with no instructions`);
  return { text, directives, statements };
}

function noStage({ keyword: { range } }: Instruction): DockerfileError {
  const hint = 'a Dockerfile begins with FROM; only ARG may stand before it';
  return new DockerfileError('no build stage in current context', { range, hint });
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
