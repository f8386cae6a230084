// The commands of CMD and ENTRYPOINT as they are kept: the shell form behind the shell in force.
import type { ImageConfig } from '../../image/store.types.ts';
import type { CommandLine } from '../parser/types.ts';
import { shellOf } from './change.ts';

export function commandWords({ form, words }: CommandLine, config: ImageConfig): readonly string[] {
  const texts = words.map(({ text }) => text);
  return form === 'exec' ? texts : [...shellOf(config), ...texts];
}
