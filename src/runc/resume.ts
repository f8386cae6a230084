// `resume`: lets the processes of a paused container go on.
import { thaw } from '../runtime/cgroup/control.ts';
import { TskerError } from '../util/errors.ts';
import { statusOf } from './status.ts';
import type { Invocation } from './table.ts';

export async function resume({ session: { store }, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  const container = store.read(id);
  if (statusOf(container, store) !== 'paused') throw new TskerError('conflict', 'container not paused');
  thaw(container.cgroups);
  return 0;
}
