// The verb list: which images `docker images` shows, by Docker's filters, and what it says of each.
import type { LayerStore } from '../layer/store.types.ts';
import { familiarName, familiarString, parseReference } from '../registry/reference.ts';
import type { ImageSummary } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { chainIds } from './chain.ts';
import { chainSize, epochSeconds } from './inspect.ts';
import { patternMatches } from './pattern.ts';
import type { SqliteImageStore } from './sqlite-store.ts';
import type { Image } from './store.types.ts';
import { parseTime } from './time.ts';

type Filters = ReadonlyMap<string, readonly string[]>;
type Keep = (image: Image) => boolean;

export interface ListRequest {
  /** Images that only lie below others too. */
  readonly all: boolean;
  readonly sharedSize: boolean;
  readonly filters: Filters;
}

/** Newest first. Throws `invalid` for a filter's value that is none, `not_found` for before and since of unknown images. */
export function listImages(
  request: ListRequest,
  images: SqliteImageStore,
  layers: Pick<LayerStore, 'get' | 'chainSize'>,
): ImageSummary[] {
  const keeps = parseFilters(request.filters, images);
  const shown = images.list().filter((image) => isShown(image, request, images) && keeps.every((keep) => keep(image)));
  const shared = request.sharedSize ? sharedSizes(images.list(), layers) : undefined;
  return shown.map((image) => summarize(image, request, { images, layers, shared }));
}

interface Context {
  readonly images: SqliteImageStore;
  readonly layers: Pick<LayerStore, 'get' | 'chainSize'>;
  readonly shared: ReadonlyMap<string, number> | undefined;
}

function summarize(image: Image, request: ListRequest, { images, layers, shared }: Context): ImageSummary {
  const patterns = request.filters.get('reference') ?? [];
  const named = (names: readonly string[]): string[] =>
    patterns.length === 0 ? [...names] : names.filter((name) => patterns.some((pattern) => nameMatches(pattern, name)));
  return {
    Id: image.id,
    ParentId: images.record(image.id).parent ?? '',
    RepoTags: named(image.repoTags),
    RepoDigests: named(image.repoDigests),
    Created: epochSeconds(image.config.created),
    Size: chainSize(image.chainId, layers),
    SharedSize: shared?.get(image.id) ?? -1,
    Labels: image.config.config?.Labels ?? null,
    Containers: -1,
  };
}

/** Nameless images below others are hidden unless asked for. */
function isShown(image: Image, { all, filters }: ListRequest, images: SqliteImageStore): boolean {
  if (all || filters.has('dangling') || isNamed(image)) return true;
  return images.children(image.id).length === 0;
}

function parseFilters(filters: Filters, images: SqliteImageStore): Keep[] {
  const keeps: Keep[] = [];
  const each = (name: string, make: (value: string) => Keep): void => {
    for (const value of filters.get(name) ?? []) keeps.push(make(value));
  };
  each('dangling', (value) => danglingFilter(value, images));
  each('label', (value) => (image) => hasLabel(image, value));
  each('label!', (value) => (image) => !hasLabel(image, value));
  each('before', (value) => createdFilter(images.resolve(value), (created, limit) => created < limit));
  each('since', (value) => createdFilter(images.resolve(value), (created, limit) => created > limit));
  each('until', (value) => {
    const limit = parseTime(value, Date.now());
    return (image) => createdOf(image) < limit;
  });
  const patterns = filters.get('reference') ?? [];
  if (patterns.length > 0) keeps.push((image) => patterns.some((pattern) => imageMatches(pattern, image)));
  return keeps;
}

function danglingFilter(value: string, images: SqliteImageStore): Keep {
  const wanted = { true: true, '1': true, false: false, '0': false }[value.toLowerCase()];
  if (wanted === undefined) throw new TskerError('invalid', `invalid filter 'dangling=[${value}]'`);
  return (image) => (!isNamed(image) && images.children(image.id).length === 0) === wanted;
}

function createdFilter(other: Image, compare: (created: number, limit: number) => boolean): Keep {
  const limit = createdOf(other);
  return (image) => compare(createdOf(image), limit);
}

function createdOf(image: Image): number {
  return Date.parse(image.config.created ?? '') || 0;
}

function isNamed(image: Image): boolean {
  return image.repoTags.length > 0 || image.repoDigests.length > 0;
}

function hasLabel(image: Image, filter: string): boolean {
  const labels = image.config.config?.Labels ?? {};
  const equals = filter.indexOf('=');
  if (equals === -1) return filter in labels;
  return labels[filter.slice(0, equals)] === filter.slice(equals + 1);
}

function imageMatches(pattern: string, image: Image): boolean {
  return [...image.repoTags, ...image.repoDigests].some((name) => nameMatches(pattern, name));
}

/** The pattern fits the familiar form with or without the tag (reference.FamiliarMatch). */
function nameMatches(pattern: string, name: string): boolean {
  const reference = parseReference(name);
  return [familiarString(reference), familiarName(reference)].some((text) => patternMatches(pattern, text));
}

/** Bytes of the layers of each image that another image has as well. */
function sharedSizes(images: readonly Image[], layers: Pick<LayerStore, 'get'>): ReadonlyMap<string, number> {
  const users = new Map<string, number>();
  const chains = images.map((image) => ({ id: image.id, chain: chainIds(image.config.rootfs.diff_ids) }));
  for (const { chain } of chains) for (const id of chain) users.set(id, (users.get(id) ?? 0) + 1);
  const sizeOf = (chain: readonly string[]): number =>
    chain.reduce((sum, id) => sum + ((users.get(id) ?? 0) > 1 ? (layers.get(id)?.size ?? 0) : 0), 0);
  return new Map(chains.map(({ id, chain }) => [id, sizeOf(chain)]));
}
