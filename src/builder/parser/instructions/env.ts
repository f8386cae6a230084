// ENV name=value … | ENV name value
import type { Statement } from '../statement.ts';
import type { EnvInstruction } from '../types.ts';
import { commonFields } from './common.ts';
import { namedPairs } from './pairs.ts';

export function parseEnv(statement: Statement): EnvInstruction {
  return { kind: 'ENV', ...commonFields(statement), pairs: namedPairs(statement) };
}
