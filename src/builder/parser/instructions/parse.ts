// A statement to its typed instruction: one line a keyword.
import { nearest } from '../nearest.ts';
import { INSTRUCTION_NAMES, type Statement } from '../statement.ts';
import type { Instruction } from '../types.ts';
import { parseAdd } from './add.ts';
import { parseArg } from './arg.ts';
import { parseCmd } from './cmd.ts';
import { fail } from './common.ts';
import { parseCopy } from './copy.ts';
import { parseEntrypoint } from './entrypoint.ts';
import { parseEnv } from './env.ts';
import { parseExpose } from './expose.ts';
import { parseFrom } from './from.ts';
import { parseHealthcheck } from './healthcheck.ts';
import { parseLabel } from './label.ts';
import { parseMaintainer } from './maintainer.ts';
import { parseOnbuild } from './onbuild.ts';
import { parseRun } from './run.ts';
import { parseShell } from './shell.ts';
import { parseStopsignal } from './stopsignal.ts';
import { parseUser } from './user.ts';
import { parseVolume } from './volume.ts';
import { parseWorkdir } from './workdir.ts';

const PARSERS = new Map<string, (statement: Statement) => Instruction>([
  ['ADD', parseAdd],
  ['ARG', parseArg],
  ['CMD', parseCmd],
  ['COPY', parseCopy],
  ['ENTRYPOINT', parseEntrypoint],
  ['ENV', parseEnv],
  ['EXPOSE', parseExpose],
  ['FROM', parseFrom],
  ['HEALTHCHECK', parseHealthcheck],
  ['LABEL', parseLabel],
  ['MAINTAINER', parseMaintainer],
  ['ONBUILD', (statement) => parseOnbuild(statement, parseInstruction)],
  ['RUN', parseRun],
  ['SHELL', parseShell],
  ['STOPSIGNAL', parseStopsignal],
  ['USER', parseUser],
  ['VOLUME', parseVolume],
  ['WORKDIR', parseWorkdir],
]);

/** Throws `dockerfile parse error line N: …`. */
export function parseInstruction(statement: Statement): Instruction {
  const parse = PARSERS.get(statement.name);
  if (parse !== undefined) return parse(statement);
  throw fail(statement, `unknown instruction: ${statement.name}`, {
    range: statement.keyword.range,
    suggestion: nearest(statement.name, INSTRUCTION_NAMES),
  });
}
