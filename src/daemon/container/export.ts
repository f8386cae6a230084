// docker export: a container's own files as an archive, without what is mounted in it.
import type { ArchiveContent } from '../../api/container/backend.ts';
import { packTreeTo } from '../../layer/archive.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { archiveContent } from './packed.ts';
import { idsOf, openReadableRoot, type RootDependencies } from './root.ts';

export interface ExportDependencies extends RootDependencies {
  readonly events: EventSink;
}

export async function exportContainer(
  dependencies: ExportDependencies,
  container: Container,
  signal: AbortSignal,
): Promise<ArchiveContent> {
  requireExportable(container);
  const root = await openReadableRoot(dependencies, container, { mounts: false });
  emitContainerEvent(dependencies.events, container, 'export');
  const { native } = dependencies;
  const pack = packTreeTo(native, root.fd, { signal, ...idsOf(dependencies, container) });
  return archiveContent(native, { pack, close: () => root.close() });
}

function requireExportable({ id, record }: Container): void {
  const { status } = record.state;
  if (status === 'dead') throw new TskerError('conflict', `cannot export container ${id} which is Dead`);
  if (status === 'removing') throw new TskerError('conflict', `cannot export container ${id} which is being removed`);
}
