// SHELL ["program", "argument"]
import type { Statement } from '../statement.ts';
import type { ShellInstruction } from '../types.ts';
import { atLeastOne, commonFields, fail } from './common.ts';
import { readFlags } from './flags.ts';

export function parseShell(statement: Statement): ShellInstruction {
  readFlags(statement, {});
  if (statement.words.length === 0) throw atLeastOne(statement);
  if (!statement.json) {
    const hint = 'write SHELL ["/bin/sh", "-c"], with double quotes';
    throw fail(statement, 'SHELL requires the arguments to be in JSON form', { hint });
  }
  return { kind: 'SHELL', ...commonFields(statement), shell: statement.words };
}
