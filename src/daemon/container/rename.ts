// docker rename: another name for the same container, running or not.
import type { NetworkService } from '../../network/network.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { checkName } from './names.ts';
import type { ContainerStore } from './store.ts';

export interface RenameDependencies {
  readonly containers: Pick<ContainerStore, 'rename'>;
  readonly events: EventSink;
  readonly network: Pick<NetworkService, 'rename'>;
}

/** Throws `invalid` for what is no name or the one it has, `conflict` when another container has it. */
export function renameContainer(
  { containers, events, network }: RenameDependencies,
  container: Container,
  name: string,
): void {
  if (name === '' || name === '/') throw new TskerError('invalid', 'Neither old nor new names may be empty');
  const { name: oldName } = container.record;
  if (name.replace(/^\//, '') === oldName) {
    throw new TskerError('invalid', 'Renaming a container with the same name as its current name');
  }
  try {
    containers.rename(container, checkName(`/${name.replace(/^\//, '')}`));
  } catch (error) {
    if (!(error instanceof TskerError)) throw error;
    throw new TskerError(error.code, `Error when allocating new name: ${error.message}`, { cause: error });
  }
  network.rename(container.id, container.record.name);
  emitContainerEvent(events, container, 'rename', { oldName: `/${oldName}` });
}
