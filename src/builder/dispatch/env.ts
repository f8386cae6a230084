// ENV name=value …
import type { ImageConfig } from '../../image/store.types.ts';
import { TskerError } from '../../util/errors.ts';
import { withVariable } from '../environment.ts';
import type { EnvInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyEnv({ pairs }: EnvInstruction, config: ImageConfig): ConfigChange {
  let env: readonly string[] = config.Env ?? [];
  for (const { name, value } of pairs) {
    if (name.text === '') throw new TskerError('invalid', 'ENV names can not be blank');
    env = withVariable(env, name.text, value.text);
  }
  const shown = pairs.map(({ name, value }) => ` ${name.text}=${value.text}`).join('');
  return { config: { ...config, Env: env }, comment: `ENV${shown}` };
}
