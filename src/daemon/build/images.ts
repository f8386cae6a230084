// The images that a build stands on and the one that it makes.
import type { BuildImages, PullRequest } from '../../builder/host.types.ts';
import type { Image, ImageStore } from '../../image/store.types.ts';
import { digestOf } from '../../registry/digest.ts';
import { parsePlatform, platformMatches } from '../../registry/platform.ts';
import type { Puller } from '../../registry/pull.ts';
import {
  DEFAULT_DOMAIN,
  familiarString,
  isNameOnly,
  normalizedString,
  parseReference,
  type Reference,
  withDefaultTag,
} from '../../registry/reference.ts';
import type { RegistryAuth } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';

export interface BuildImagesDependencies {
  readonly images: ImageStore;
  readonly puller: Pick<Puller, 'pull'>;
  readonly events: EventSink;
}

/** What clients call Docker's own registry in X-Registry-Config. */
const INDEX = 'https://index.docker.io/v1/';

export function buildImages({ images, puller, events }: BuildImagesDependencies): BuildImages {
  return {
    find: (reference, platform) => findImage(images, reference, platform),
    pull: (request) => pullImage(puller, request),
    checkName: (name) => normalizedString(taggable(name)),
    put: async (document, names) => {
      const familiar = names.map((name) => familiarString(parseReference(name)));
      const { id } = known(images, document, familiar) ?? (await images.put(document, names));
      for (const name of familiar) events.emit({ type: 'image', action: 'tag', id, attributes: { name } });
      return { id, names: familiar };
    },
  };
}

/** The image when it is here and has the names: then nothing has to reach the disk. */
function known(images: ImageStore, document: Uint8Array, names: readonly string[]): Image | undefined {
  const image = images.get(digestOf(document));
  return image !== undefined && names.every((name) => image.repoTags.includes(name)) ? image : undefined;
}

function findImage(images: ImageStore, reference: string, platform: string | undefined): Image | undefined {
  try {
    const image = images.resolve(reference);
    return platform === undefined || fits(image, platform) ? image : undefined;
  } catch (error) {
    if (error instanceof TskerError && error.code === 'not_found') return undefined;
    throw error;
  }
}

function fits({ config }: Image, platform: string): boolean {
  const { os, architecture, variant } = config;
  return platformMatches(parsePlatform(platform), { os, architecture, ...(variant === undefined ? {} : { variant }) });
}

async function pullImage(puller: Pick<Puller, 'pull'>, request: PullRequest): Promise<Image> {
  const { reference: text, platform, auths, emit, signal } = request;
  const parsed = parseReference(text);
  const reference = isNameOnly(parsed) ? withDefaultTag(parsed) : parsed;
  const [image] = await puller.pull({
    reference,
    platform: platform === undefined ? undefined : parsePlatform(platform),
    auth: authFor(reference, auths),
    emit: (message) => emit(message as never),
    signal,
  });
  if (image === undefined) throw new TskerError('not_found', `No such image: ${text}`);
  return image;
}

function authFor({ domain }: Reference, auths: ReadonlyMap<string, RegistryAuth>): RegistryAuth | undefined {
  return auths.get(domain) ?? (domain === DEFAULT_DOMAIN ? auths.get(INDEX) : auths.get(`https://${domain}`));
}

function taggable(name: string): Reference {
  const reference = parseReference(name);
  if (reference.digest !== undefined) {
    throw new TskerError('invalid', 'refusing to create a tag with a digest reference');
  }
  return isNameOnly(reference) ? withDefaultTag(reference) : reference;
}
