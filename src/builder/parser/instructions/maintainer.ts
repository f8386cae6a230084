// MAINTAINER name
import type { Statement } from '../statement.ts';
import type { MaintainerInstruction } from '../types.ts';
import { commonFields, onlyWord } from './common.ts';
import { readFlags } from './flags.ts';

export function parseMaintainer(statement: Statement): MaintainerInstruction {
  const name = onlyWord(statement);
  readFlags(statement, {});
  return { kind: 'MAINTAINER', ...commonFields(statement), name };
}
