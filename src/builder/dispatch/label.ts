// LABEL name=value …
import type { ImageConfig } from '../../image/store.types.ts';
import { TskerError } from '../../util/errors.ts';
import type { LabelInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyLabel({ pairs }: LabelInstruction, config: ImageConfig): ConfigChange {
  return applyLabels(
    pairs.map(({ name, value }) => [name.text, value.text] as const),
    config,
  );
}

/** What `--label` adds to the last stage, too. */
export function applyLabels(labels: readonly (readonly [string, string])[], config: ImageConfig): ConfigChange {
  if (labels.some(([name]) => name === '')) throw new TskerError('invalid', 'LABEL names can not be blank');
  const shown = labels.map(([name, value]) => ` ${name}=${value}`).join('');
  const Labels = { ...config.Labels, ...Object.fromEntries(labels) };
  return { config: { ...config, Labels }, comment: `LABEL${shown}` };
}
