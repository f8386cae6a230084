// Which images `save` means by its names, and under which tags: a bare repository is all its tags, an id no name
// (moby, tarexport/save.go, parseNames). Pure but for the store.
import { familiarName, familiarString, isNameOnly, parseAnyReference, parseReference } from '../registry/reference.ts';
import { TskerError } from '../util/errors.ts';
import type { Image, ImageStore } from './store.types.ts';

export interface SavedImage {
  readonly image: Image;
  /** In familiar form, with tags. */
  readonly names: readonly string[];
}

/** In the order asked for, each image once. Throws `invalid` without names, `not_found`. */
export function savedImages(names: readonly string[], images: Pick<ImageStore, 'resolve' | 'list'>): SavedImage[] {
  if (names.length === 0) throw new TskerError('invalid', 'no image to save was named');
  const found = new Map<string, { image: Image; names: Set<string> }>();
  const add = (image: Image, name: string | undefined): void => {
    const entry = found.get(image.id) ?? { image, names: new Set() };
    if (name !== undefined) entry.names.add(name);
    found.set(image.id, entry);
  };
  for (const name of names) {
    const tagged = tagsOf(name, images);
    for (const [tag, image] of tagged) add(image, tag);
    if (tagged.length === 0) addResolved(name, images.resolve(name), add);
  }
  return [...found.values()].map((entry) => ({ image: entry.image, names: [...entry.names] }));
}

/** The tags of a bare repository name. */
function tagsOf(name: string, images: Pick<ImageStore, 'list'>): (readonly [tag: string, image: Image])[] {
  const parsed = parseAnyReference(name);
  if ('id' in parsed || !isNameOnly(parsed)) return [];
  const repository = familiarName(parsed);
  return images
    .list()
    .flatMap((image) => image.repoTags.map((tag) => [tag, image] as const))
    .filter(([tag]) => familiarName(parseReference(tag)) === repository);
}

function addResolved(name: string, image: Image, add: (image: Image, name: string | undefined) => void): void {
  const parsed = parseAnyReference(name);
  const isTag = !('id' in parsed) && parsed.digest === undefined && image.repoTags.includes(familiarString(parsed));
  add(image, isTag ? familiarString(parsed) : undefined);
}
