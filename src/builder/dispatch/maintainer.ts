// MAINTAINER name
import type { ImageConfig } from '../../image/store.types.ts';
import type { MaintainerInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyMaintainer({ name }: MaintainerInstruction, config: ImageConfig): ConfigChange {
  return { config, comment: `MAINTAINER ${name.text}`, author: name.text };
}
