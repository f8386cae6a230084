// Which containers have which volumes, by their records.

import { volumesOf } from '../container/mounts/of-record.ts';
import type { ContainerStore } from '../container/store.ts';

export function volumeHolders(containers: Pick<ContainerStore, 'list'>): [volume: string, container: string][] {
  return containers
    .list()
    .flatMap(({ id, record }) => volumesOf(record).map(({ name }): [string, string] => [name, id]));
}
