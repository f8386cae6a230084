// WORKDIR path
import type { Statement } from '../statement.ts';
import type { WorkdirInstruction } from '../types.ts';
import { commonFields, onlyWord } from './common.ts';
import { readFlags } from './flags.ts';

export function parseWorkdir(statement: Statement): WorkdirInstruction {
  const path = onlyWord(statement);
  readFlags(statement, {});
  return { kind: 'WORKDIR', ...commonFields(statement), path };
}
