// `pause`: stops every process of a container, by its freezer.
import { freeze } from '../runtime/cgroup/control.ts';
import { TskerError } from '../util/errors.ts';
import { statusOf } from './status.ts';
import type { Invocation } from './table.ts';

export async function pause({ session: { store }, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  const container = store.read(id);
  const status = statusOf(container, store);
  if (status !== 'running' && status !== 'created') throw new TskerError('conflict', 'container not running');
  await freeze(container.cgroups);
  return 0;
}
