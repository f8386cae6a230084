// ONBUILD instruction
import type { ImageConfig } from '../../image/store.types.ts';
import type { OnbuildInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyOnbuild({ expression }: OnbuildInstruction, config: ImageConfig): ConfigChange {
  return { config: { ...config, OnBuild: [...(config.OnBuild ?? []), expression] }, comment: `ONBUILD ${expression}` };
}
