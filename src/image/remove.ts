// The verb remove: what `rmi` may take away, by Docker's rules and in its words (moby daemon/images/image_delete.go).

import type { LayerStore } from '../layer/store.types.ts';
import { shortId } from '../registry/digest.ts';
import { familiarString, parseReference, type Reference, repositoryName } from '../registry/reference.ts';
import type { ImageDeleteItem } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import { chainIds } from './chain.ts';
import type { ContainerUse } from './container-uses.ts';
import type { ImageEvents } from './events.ts';
import type { SqliteImageStore } from './sqlite-store.ts';
import type { Image } from './store.types.ts';

export interface RemoveOptions {
  readonly images: SqliteImageStore;
  readonly layers: Pick<LayerStore, 'get'>;
  readonly usesOf: (imageId: string) => readonly ContainerUse[];
  readonly events: ImageEvents;
}

export interface RemoveRequest {
  readonly name: string;
  readonly force: boolean;
  readonly prune: boolean;
}

/** Conflicts that are looked at: hard ones always, soft ones unless forced, names unless they are being removed. */
interface Checks {
  readonly soft: boolean;
  readonly names: boolean;
}

export async function removeImage(request: RemoveRequest, options: RemoveOptions): Promise<ImageDeleteItem[]> {
  const removal = new Removal(request, options);
  await removal.run();
  return removal.items;
}

class Removal {
  readonly items: ImageDeleteItem[] = [];
  readonly #request: RemoveRequest;
  readonly #options: RemoveOptions;

  constructor(request: RemoveRequest, options: RemoveOptions) {
    this.#request = request;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { name, force, prune } = this.#request;
    const image = this.#options.images.resolve(name);
    if (!isIdPrefix(image.id, name)) {
      this.#refuseLastNameInUse(image);
      this.#untagName(image, parseReference(name));
      // Without its last name it stays for whoever needs it, and nobody is told.
      if (this.#namesOf(image).length > 0 || this.#isNeeded(image.id)) return await this.#options.images.onDisk();
    } else if (isOneRepository(this.#namesOf(image))) {
      this.#check(image.id, { soft: !force, names: false });
      for (const reference of this.#namesOf(image)) this.#untag(image, reference);
    }
    this.#check(image.id, { soft: !force, names: !force });
    await this.#delete(image, prune);
  }

  /** The last name of an image in use would leave a dangling one that somebody still needs. */
  #refuseLastNameInUse(image: Image): void {
    const { name, force } = this.#request;
    if (force || !isOneRepository(this.#namesOf(image))) return;
    const user = this.#options.usesOf(image.id)[0];
    if (user === undefined) return;
    throw new TskerError(
      'conflict',
      `conflict: unable to remove repository reference "${name}" (must force) - container ${shortId(user.id)} is using its referenced image ${shortId(image.id)}`,
    );
  }

  /** With its last tag a repository loses its digests as well. */
  #untagName(image: Image, reference: Reference): void {
    this.#untag(image, reference);
    if (reference.digest !== undefined) return;
    const repository = repositoryName(reference);
    const same = this.#namesOf(image).filter((other) => repositoryName(other) === repository);
    if (same.some(({ digest }) => digest === undefined)) return;
    for (const other of same) this.#untag(image, other);
  }

  #untag(image: Image, reference: Reference): void {
    const { tag, digest } = reference;
    const shown = familiarString({ ...reference, tag: digest === undefined ? (tag ?? 'latest') : undefined });
    this.#options.images.untag(shown);
    this.items.push({ Untagged: shown });
    this.#publish('untag', image);
  }

  #isNeeded(id: string): boolean {
    try {
      this.#check(id, { soft: !this.#request.force, names: false });
      return false;
    } catch (error) {
      if (error instanceof TskerError && error.code === 'conflict') return true;
      throw error;
    }
  }

  #check(id: string, { soft, names }: Checks): void {
    const { images, usesOf } = this.#options;
    const uses = usesOf(id);
    const running = uses.find((use) => use.running);
    const stopped = uses.find((use) => !use.running);
    if (images.children(id).length > 0) throw conflict(id, 'cannot be forced', 'image has dependent child images');
    if (running !== undefined) {
      throw conflict(id, 'cannot be forced', `image is being used by running container ${shortId(running.id)}`);
    }
    const image = images.get(id);
    if (names && image !== undefined && this.#namesOf(image).length > 0) {
      throw conflict(id, 'must be forced', 'image is referenced in multiple repositories');
    }
    if (soft && stopped !== undefined) {
      throw conflict(id, 'must be forced', `image is being used by stopped container ${shortId(stopped.id)}`);
    }
  }

  async #delete(image: Image, prune: boolean): Promise<void> {
    const { images, layers } = this.#options;
    for (const reference of this.#namesOf(image)) this.#untag(image, reference);
    const { parent } = images.record(image.id);
    const chain = chainIds(image.config.rootfs.diff_ids).filter((id) => layers.get(id) !== undefined);
    await images.remove(image.id);
    this.#publish('delete', image);
    this.items.push({ Deleted: image.id });
    const gone = chain.reverse().filter((id) => layers.get(id) === undefined);
    this.items.push(...gone.map((id) => ({ Deleted: id })));
    if (prune && parent !== undefined) await this.#pruneParent(parent);
  }

  /** A parent goes too when it is dangling and nothing uses it; otherwise it silently stays. */
  async #pruneParent(id: string): Promise<void> {
    const { images, usesOf } = this.#options;
    const parent = images.get(id);
    if (parent === undefined || this.#namesOf(parent).length > 0) return;
    if (images.children(id).length > 0 || usesOf(id).length > 0) return;
    await this.#delete(parent, true);
  }

  #namesOf(image: Image): Reference[] {
    const current = this.#options.images.get(image.id);
    return [...(current?.repoTags ?? []), ...(current?.repoDigests ?? [])].map(parseReference);
  }

  #publish(action: 'untag' | 'delete', { id, config }: Image): void {
    this.#options.events.publish('image', action, id, { ...config.config?.Labels, name: id });
  }
}

function isIdPrefix(id: string, name: string): boolean {
  return id.startsWith(name) || id.slice(id.indexOf(':') + 1).startsWith(name);
}

/** At most one tag, and all names in one repository. */
function isOneRepository(names: readonly Reference[]): boolean {
  const tags = names.filter(({ digest }) => digest === undefined);
  return names.length > 0 && tags.length <= 1 && new Set(names.map(repositoryName)).size === 1;
}

function conflict(id: string, force: string, why: string): TskerError {
  return new TskerError('conflict', `conflict: unable to delete ${shortId(id)} (${force}) - ${why}`);
}
