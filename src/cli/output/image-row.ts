// One image of a list as rows of the fields that tables and templates name: a row a tag, or a row a digest. Pure.
import type { ImageSummary } from '../../types/image.ts';
import { goTime, humanAgo, humanSize, shortId } from './human.ts';

export const IMAGE_HEADERS: Readonly<Record<string, string>> = {
  ID: 'IMAGE ID',
  Repository: 'REPOSITORY',
  Tag: 'TAG',
  Digest: 'DIGEST',
  CreatedSince: 'CREATED',
  CreatedAt: 'CREATED AT',
  Size: 'SIZE',
  Containers: 'CONTAINERS',
  VirtualSize: 'SIZE',
  SharedSize: 'SHARED SIZE',
  UniqueSize: 'UNIQUE SIZE',
};

const NONE = '<none>';

export interface ImageRowOptions {
  readonly noTrunc: boolean;
  /** A row for every digest of a tag's repository. */
  readonly digests: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

export interface ImageRow extends Readonly<Record<string, unknown>> {
  readonly ID: string;
}

export function imageRows(image: ImageSummary, options: ImageRowOptions): readonly ImageRow[] {
  return namesOf(image, options.digests).map(({ repository, tag, digest }) => ({
    Containers: countOf(image.Containers, String),
    get CreatedAt() {
      return goTime(image.Created);
    },
    CreatedSince: image.Created === 0 ? 'N/A' : humanAgo(image.Created, options.now),
    Digest: digest,
    ID: options.noTrunc ? image.Id : shortId(image.Id),
    Repository: repository,
    SharedSize: countOf(image.SharedSize, (size) => humanSize(size)),
    Size: humanSize(image.Size, 3),
    Tag: tag,
    UniqueSize: countOf(image.SharedSize, (size) => humanSize(image.Size - size)),
    VirtualSize: humanSize(image.Size),
  }));
}

/** Minus one is the API's "not counted". */
function countOf(value: number, show: (value: number) => string): string {
  return value < 0 ? 'N/A' : show(value);
}

interface NameParts {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}

/** Tags with the digests of their repositories, then repositories that are known by digest alone, or nothing at all. */
function namesOf({ RepoTags, RepoDigests }: ImageSummary, digests: boolean): readonly NameParts[] {
  const tags = (RepoTags ?? [])
    .filter((tag) => tag !== `${NONE}:${NONE}`)
    .map((text) => splitAt(text, text.lastIndexOf(':')));
  const known = (RepoDigests ?? [])
    .filter((digest) => digest !== `${NONE}@${NONE}`)
    .map((text) => splitAt(text, text.indexOf('@')));
  const tagged = tags.flatMap(([repository, tag]) => {
    const own = digests ? known.filter(([name]) => name === repository).map(([, digest]) => digest) : [];
    return (own.length > 0 ? own : [NONE]).map((digest) => ({ repository, tag, digest }));
  });
  const repositories = new Set(tags.map(([repository]) => repository));
  const untagged = known
    .filter(([repository], index) => !repositories.has(repository) && (digests || tags.length + index === 0))
    .map(([repository, digest]) => ({ repository, tag: NONE, digest: digests ? digest : NONE }));
  const all = [...tagged, ...untagged];
  return all.length > 0 ? all : [{ repository: NONE, tag: NONE, digest: NONE }];
}

function splitAt(text: string, at: number): readonly [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}
