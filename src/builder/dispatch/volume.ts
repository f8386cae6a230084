// VOLUME path …
import type { ImageConfig } from '../../image/store.types.ts';
import { TskerError } from '../../util/errors.ts';
import type { VolumeInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

export function applyVolume({ volumes }: VolumeInstruction, config: ImageConfig): ConfigChange {
  const paths = volumes.map(({ text }) => text);
  if (paths.some((path) => path.trim() === '')) {
    throw new TskerError('invalid', 'VOLUME specified can not be an empty string');
  }
  const added = Object.fromEntries(paths.map((path) => [path, {}]));
  return { config: { ...config, Volumes: { ...config.Volumes, ...added } }, comment: `VOLUME [${paths.join(' ')}]` };
}
