// USER name[:group]
import type { Statement } from '../statement.ts';
import type { UserInstruction } from '../types.ts';
import { commonFields, onlyWord } from './common.ts';
import { readFlags } from './flags.ts';

export function parseUser(statement: Statement): UserInstruction {
  const user = onlyWord(statement);
  readFlags(statement, {});
  return { kind: 'USER', ...commonFields(statement), user };
}
