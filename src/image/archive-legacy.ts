// Archives of Docker before 1.10: a directory for each layer with `json` and `layer.tar`, the tags in `repositories`. Such
// an image has no configuration of today's form, so one is made from its top layer's.
import { MAX_LAYERS, parseJson } from '../registry/manifest.ts';
import { normalizedString, parseReference } from '../registry/reference.ts';
import { TskerError } from '../util/errors.ts';
import type { ArchiveImage } from './archive-images.ts';
import type { ImageArchive } from './image-archive.ts';

type Json = Readonly<Record<string, unknown>>;

export async function legacyImages(archive: ImageArchive): Promise<ArchiveImage[]> {
  const names = namesById(parseJson(await archive.bytes('repositories')));
  const images: ArchiveImage[] = [];
  for (const [id, tags] of names) images.push(await legacyImage(archive, id, tags));
  return images;
}

/** {name: {tag: id}} turned around. */
function namesById(repositories: Json): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const [name, tags] of Object.entries(repositories)) {
    for (const [tag, id] of Object.entries(typeof tags === 'object' && tags ? tags : {})) {
      if (typeof id !== 'string' || !/^[0-9a-f]{64}$/.test(id)) throw corrupt('repositories is wrong');
      names.set(id, [...(names.get(id) ?? []), normalizedString(parseReference(`${name}:${tag}`))]);
    }
  }
  return names;
}

async function legacyImage(archive: ImageArchive, id: string, names: readonly string[]): Promise<ArchiveImage> {
  const steps = await readChain(archive, id);
  const layers = steps.map((step) => `${step.id}/layer.tar`);
  // These layers are always plain tars, so the file's digest is the diff id.
  const diffIds = await Promise.all(layers.map((name) => archive.diffId(name)));
  const { id: _id, parent: _parent, Size: _size, layer_id: _layer, ...top } = steps.at(-1)?.json ?? {};
  const config = {
    ...top,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: steps.map(({ json }) => historyOf(json)),
  };
  return { config: Buffer.from(JSON.stringify(config)), layers, diffIds, names };
}

/** From the base up to `id`. */
async function readChain(archive: ImageArchive, id: string): Promise<{ id: string; json: Json }[]> {
  const steps: { id: string; json: Json }[] = [];
  for (let current: unknown = id; current !== undefined && current !== ''; ) {
    if (typeof current !== 'string' || !/^[0-9a-f]{64}$/.test(current)) throw corrupt('a wrong parent');
    if (steps.length >= MAX_LAYERS) throw corrupt('too many layers');
    const json = parseJson(await archive.bytes(`${current}/json`));
    steps.unshift({ id: current, json });
    current = json['parent'];
  }
  return steps;
}

function historyOf({ created, author, comment, container_config: config }: Json): Json {
  const { Cmd }: { Cmd?: unknown } = typeof config === 'object' && config ? config : {};
  const createdBy = Array.isArray(Cmd) ? Cmd.join(' ') : undefined;
  return { created, author, comment, created_by: createdBy };
}

function corrupt(what: string): TskerError {
  return new TskerError('corrupt', `invalid archive: ${what}`);
}
