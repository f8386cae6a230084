// docker diff: what a container has changed of its image's files.
import type { LayerStore } from '../../layer/store.types.ts';
import type { FilesystemChange } from '../../types/archive.ts';
import type { Container } from './container.ts';

export interface ChangesDependencies {
  readonly layers: Pick<LayerStore, 'containerChanges'>;
}

const KINDS = { modified: 0, added: 1, deleted: 2 } as const;

export async function containerChanges(
  { layers }: ChangesDependencies,
  { id }: Container,
): Promise<FilesystemChange[]> {
  const changes = await layers.containerChanges(id);
  return changes.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] }));
}
