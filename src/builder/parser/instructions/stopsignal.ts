// STOPSIGNAL signal
import type { Statement } from '../statement.ts';
import type { StopsignalInstruction } from '../types.ts';
import { commonFields, onlyWord } from './common.ts';

/** Flags in front are not looked at, as in Docker. Whether there is such a signal is for the engine to say. */
export function parseStopsignal(statement: Statement): StopsignalInstruction {
  return { kind: 'STOPSIGNAL', ...commonFields(statement), signal: onlyWord(statement) };
}
