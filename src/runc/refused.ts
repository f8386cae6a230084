// What runc has and this runtime has not.
import { TskerError } from '../util/errors.ts';

const REASON = 'it needs CRIU to dump and to restore processes, which this runtime does not speak to';

export async function checkpoint(): Promise<number> {
  throw new TskerError('unsupported', `checkpoint is not supported: ${REASON}`);
}

export async function restore(): Promise<number> {
  throw new TskerError('unsupported', `restore is not supported: ${REASON}`);
}
