// WORKDIR path
import { posix } from 'node:path';
import type { ImageConfig } from '../../image/store.types.ts';
import { TskerError } from '../../util/errors.ts';
import type { WorkdirInstruction } from '../parser/types.ts';
import type { ConfigChange } from './change.ts';

/** Relative to the one before. The directory is made by whoever commits the change. */
export function applyWorkdir({ path }: WorkdirInstruction, config: ImageConfig): ConfigChange {
  if (path.text === '') throw new TskerError('invalid', 'cannot normalize nothing');
  const WorkingDir = posix.resolve('/', config.WorkingDir ?? '', path.text);
  return { config: { ...config, WorkingDir }, comment: `WORKDIR ${WorkingDir}` };
}
