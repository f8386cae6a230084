// LABEL name=value … | LABEL name value
import type { Statement } from '../statement.ts';
import type { LabelInstruction } from '../types.ts';
import { commonFields } from './common.ts';
import { namedPairs } from './pairs.ts';

export function parseLabel(statement: Statement): LabelInstruction {
  return { kind: 'LABEL', ...commonFields(statement), pairs: namedPairs(statement) };
}
