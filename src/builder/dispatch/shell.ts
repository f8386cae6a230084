// SHELL ["program", "argument"]
import type { ImageConfig } from '../../image/store.types.ts';
import type { ShellInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyShell({ shell }: ShellInstruction, config: ImageConfig): ConfigChange {
  const Shell = shell.map(({ text }) => text);
  return { config: { ...config, Shell }, comment: `SHELL [${Shell.join(' ')}]` };
}
