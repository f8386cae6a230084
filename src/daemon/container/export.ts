// docker export: a container's own files as an archive, without what is mounted in it. Into the body of an answer, or into a file
// that a client on this machine has made.
import type { ArchiveContent, HostExport } from '../../api/container/backend.ts';
import { openIdentified } from '../../image/identified-file.ts';
import { packTreeTo } from '../../layer/archive.ts';
import type { HostFileWritten } from '../../types/near.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { type ArchiveSource, archiveContent } from './packed.ts';
import { idsOf, openReadableRoot, type RootDependencies } from './root.ts';

export interface ExportDependencies extends RootDependencies {
  readonly events: EventSink;
}

export async function exportContainer(
  dependencies: ExportDependencies,
  container: Container,
  signal: AbortSignal,
): Promise<ArchiveContent> {
  return archiveContent(dependencies.native, await openExport(dependencies, container, signal));
}

export async function exportToHostFile(
  dependencies: ExportDependencies,
  container: Container,
  { file, signal }: HostExport,
): Promise<HostFileWritten> {
  const { native } = dependencies;
  const target = await openIdentified(file, 'write');
  try {
    const { pack, close } = await openExport(dependencies, container, signal);
    const { bytes } = await pack({ fd: native.dup(target.fd) }).finally(close);
    return { Bytes: bytes };
  } finally {
    await target.close();
  }
}

async function openExport(
  dependencies: ExportDependencies,
  container: Container,
  signal: AbortSignal,
): Promise<ArchiveSource> {
  requireExportable(container);
  const root = await openReadableRoot(dependencies, container, { mounts: false });
  emitContainerEvent(dependencies.events, container, 'export');
  const pack = packTreeTo(dependencies.native, root.fd, { signal, ...idsOf(dependencies, container) });
  return { pack, close: () => root.close() };
}

function requireExportable({ id, record }: Container): void {
  const { status } = record.state;
  if (status === 'dead') throw new TskerError('conflict', `cannot export container ${id} which is Dead`);
  if (status === 'removing') throw new TskerError('conflict', `cannot export container ${id} which is being removed`);
}
