// CMD ["program", "argument"] | CMD shell text
import type { Statement } from '../statement.ts';
import type { CmdInstruction } from '../types.ts';
import { commandOf, commonFields } from './common.ts';
import { readFlags } from './flags.ts';

export function parseCmd(statement: Statement): CmdInstruction {
  readFlags(statement, {});
  return { kind: 'CMD', ...commonFields(statement), command: commandOf(statement) };
}
