// docker export: a container's own files as an archive, without what is mounted in it.
import { type PackOptions, packTree } from '../../layer/archive.ts';
import type { Root } from '../../layer/archive-root.ts';
import type { Native } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { readPacked } from './packed.ts';
import { idsOf, openReadableRoot, type RootDependencies } from './root.ts';

export interface ExportDependencies extends RootDependencies {
  readonly events: EventSink;
}

export async function exportContainer(
  dependencies: ExportDependencies,
  container: Container,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  requireExportable(container);
  const root = await openReadableRoot(dependencies, container, { mounts: false });
  emitContainerEvent(dependencies.events, container, 'export');
  return readTree(dependencies.native, root, { signal, ...idsOf(dependencies, container) });
}

function requireExportable({ id, record }: Container): void {
  const { status } = record.state;
  if (status === 'dead') throw new TskerError('conflict', `cannot export container ${id} which is Dead`);
  if (status === 'removing') throw new TskerError('conflict', `cannot export container ${id} which is being removed`);
}

async function* readTree(
  native: Native,
  root: Root,
  options: PackOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* readPacked(packTree(native, root.fd, options));
  } finally {
    await root.close();
  }
}
