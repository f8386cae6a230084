// EXPOSE port[/protocol] …
import type { Statement } from '../statement.ts';
import type { ExposeInstruction } from '../types.ts';
import { atLeastOne, commonFields } from './common.ts';
import { readFlags } from './flags.ts';

export function parseExpose(statement: Statement): ExposeInstruction {
  if (statement.words.length === 0) throw atLeastOne(statement);
  readFlags(statement, {});
  // Docker shows and commits them sorted, by bytes.
  const ports = statement.words.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return { kind: 'EXPOSE', ...commonFields(statement), ports };
}
