// USER user[:group]
import type { ImageConfig } from '../../image/store.types.ts';
import type { UserInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyUser({ user }: UserInstruction, config: ImageConfig): ConfigChange {
  return { config: { ...config, User: user.text }, comment: `USER ${user.text}` };
}
