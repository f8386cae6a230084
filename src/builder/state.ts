// The image as far as a stage has come: its configuration, layers and history. Immutable; a step makes the next one. Pure.
import { createHash } from 'node:crypto';
import { nextChainId } from '../image/chain.ts';
import type { Image, ImageConfig, ImageConfigDocument, ImageHistory } from '../image/store.types.ts';
import { hostPlatform } from '../registry/platform.ts';

export interface State {
  /** Of the image this would be; '' for scratch, as Docker shows it. */
  readonly id: string;
  readonly document: ImageConfigDocument;
  readonly config: ImageConfig;
  readonly chainId: string | undefined;
}

export interface Step {
  readonly config: ImageConfig;
  readonly author?: string | undefined;
  readonly history: ImageHistory;
  /** Of the layer it made. */
  readonly diffId?: string | undefined;
  /** The container it was made in. */
  readonly container?: string;
}

export function stateOf(image: Image): State {
  const config = withoutBase(image.config.config ?? {});
  return { id: image.id, document: image.config, config, chainId: image.chainId };
}

export function scratchState(): State {
  const { os, architecture } = hostPlatform();
  const document: ImageConfigDocument = { architecture, os, rootfs: { type: 'layers', diff_ids: [] }, history: [] };
  return { id: '', document, config: {}, chainId: undefined };
}

/** A base's fields that are null or unknown to the builder stay out, so that a document is written in one way. */
function withoutBase(config: ImageConfig): ImageConfig {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
}

export function nextState(state: State, step: Step): State {
  const { document } = state;
  const author = step.author ?? document.author;
  const diffIds = step.diffId === undefined ? document.rootfs.diff_ids : [...document.rootfs.diff_ids, step.diffId];
  const { variant, 'os.version': osVersion } = document;
  const { created } = step.history;
  const next: ImageConfigDocument = {
    architecture: document.architecture,
    ...(author === undefined || author === '' ? {} : { author }),
    config: step.config,
    ...(created === undefined ? {} : { created }),
    history: [...(document.history ?? []), step.history],
    os: document.os,
    ...(osVersion === undefined ? {} : { 'os.version': osVersion }),
    rootfs: { type: 'layers', diff_ids: diffIds },
    ...(variant === undefined ? {} : { variant }),
  };
  const id = `sha256:${createHash('sha256').update(documentBytes(next)).digest('hex')}`;
  const chainId = step.diffId === undefined ? state.chainId : nextChainId(state.chainId, step.diffId);
  return { id, document: next, config: step.config, chainId };
}

/** The bytes whose digest is the image's id. */
export function documentBytes(document: ImageConfigDocument): Buffer {
  return Buffer.from(JSON.stringify(document));
}

/** What a cached step was made on: two states with the same key give the same results. Times and history do not matter. */
export function stateKey({ document, config }: State): string {
  const { author, architecture, os, variant, rootfs } = document;
  const facts = [author ?? '', architecture, os, variant ?? '', rootfs.diff_ids, sorted(config)];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** Docker's twelve digits. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
