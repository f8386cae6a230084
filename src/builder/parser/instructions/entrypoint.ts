// ENTRYPOINT ["program", "argument"] | ENTRYPOINT shell text
import type { Statement } from '../statement.ts';
import type { EntrypointInstruction } from '../types.ts';
import { commandOf, commonFields } from './common.ts';
import { readFlags } from './flags.ts';

export function parseEntrypoint(statement: Statement): EntrypointInstruction {
  readFlags(statement, {});
  return { kind: 'ENTRYPOINT', ...commonFields(statement), command: commandOf(statement) };
}
