// The key of a step in the build cache: what it stands on, what it does, what it takes. Pure.
import { createHash } from 'node:crypto';
import type { ImageConfig } from '../../image/store.types.ts';
import { type State, stateKey } from '../state.ts';

/** A change of what steps do with the same inputs needs a new number. */
const VERSION = 1;

export interface KeyFacts {
  readonly state: State;
  /** With digests of files and build arguments in it, as the history shows it. */
  readonly createdBy: string;
  /** Afterwards. */
  readonly config: ImageConfig;
  readonly author: string | undefined;
  /** What the history does not show: mounts, owners. */
  readonly extra: readonly string[];
  readonly epoch: number | undefined;
}

/** Of a layer that does not depend on what is below it (COPY --link). */
export function linkKey({ createdBy, extra, epoch }: Pick<KeyFacts, 'createdBy' | 'extra' | 'epoch'>): string {
  const facts = [VERSION, 'link', createdBy, extra, epoch ?? null];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

export function stepKey({ state, createdBy, config, author, extra, epoch }: KeyFacts): string {
  const facts = [VERSION, stateKey(state), createdBy, config, author ?? '', extra, epoch ?? null];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
