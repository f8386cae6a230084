// An image store over a database in memory and layers that are rows only: what the unit tests of the verbs share.

import { createHash } from 'node:crypto';
import { ContainerUses } from '../../../src/image/container-uses.ts';
import type { ImageEvents } from '../../../src/image/events.ts';
import { LayerHolds } from '../../../src/image/layer-holds.ts';
import { SqliteImageStore } from '../../../src/image/sqlite-store.ts';
import type { Image } from '../../../src/image/store.types.ts';
import { type Db, openDatabase } from '../../../src/store/database.ts';
import { MemoryLayers } from './memory-layers.ts';

export interface ImageEngine {
  readonly db: Db;
  readonly layers: MemoryLayers;
  readonly holds: LayerHolds;
  readonly images: SqliteImageStore;
  readonly uses: ContainerUses;
  readonly events: ImageEvents;
  /** `action name`, in order. */
  readonly published: string[];
}

export function imageEngine(): ImageEngine {
  const db = openDatabase(':memory:');
  const layers = new MemoryLayers(db);
  const holds = new LayerHolds(layers);
  const published: string[] = [];
  const events: ImageEvents = {
    publish: (_type, action, _id, attributes) => void published.push(`${action} ${attributes['name']}`),
  };
  return { db, layers, holds, images: new SqliteImageStore(db, holds), uses: new ContainerUses(db), events, published };
}

export function hash(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

export interface ImageFacts {
  /** A layer a word, from the base up. */
  readonly layers: readonly string[];
  readonly names?: readonly string[];
  readonly created?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Stores an image whose layers are rows. */
export async function addImage(engine: ImageEngine, facts: ImageFacts): Promise<Image> {
  let parent: string | undefined;
  for (const word of facts.layers) parent = (await engine.layers.add(word, parent)).chainId;
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: facts.created ?? '2026-01-01T00:00:00Z',
    config: facts.labels === undefined ? {} : { Labels: facts.labels },
    rootfs: { type: 'layers', diff_ids: facts.layers.map(hash) },
    history: facts.layers.map((word) => ({ created: '2026-01-01T00:00:00Z', created_by: `add ${word}` })),
  };
  return engine.images.put(Buffer.from(JSON.stringify(config)), facts.names ?? []);
}

/** A row of the containers table. */
export function addContainer(engine: ImageEngine, facts: { id: string; imageId: string; state: string }): void {
  engine.db
    .prepare('INSERT INTO containers (id, name, image_id, state, document, created_at) VALUES (?, ?, ?, ?, ?, 0)')
    .run(facts.id, facts.id, facts.imageId, facts.state, '{}');
}
