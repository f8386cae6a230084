// VOLUME ["/path"] | VOLUME /path …
import { trimSpace } from '../space.ts';
import type { Statement } from '../statement.ts';
import type { VolumeInstruction } from '../types.ts';
import { atLeastOne, commonFields, fail } from './common.ts';
import { readFlags } from './flags.ts';

export function parseVolume(statement: Statement): VolumeInstruction {
  if (statement.words.length === 0) throw atLeastOne(statement);
  readFlags(statement, {});
  const volumes = statement.words.map((word) => ({ ...word, text: trimSpace(word.text) }));
  const empty = volumes.find(({ text }) => text === '');
  if (empty !== undefined) {
    throw fail(statement, 'VOLUME specified can not be an empty string', { range: empty.range });
  }
  return { kind: 'VOLUME', ...commonFields(statement), volumes };
}
