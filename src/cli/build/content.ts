// What is sent with POST /build: a context's bytes, and the parts of the query that say what they are. On the daemon's own
// machine only what it does not have already.

import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/client.ts';
import type { Query } from '../../client/http/request.ts';
import { type LocalContext, readLocalContext } from './local-context.ts';
import { contextManifest } from './manifest.ts';
import { packContext } from './pack.ts';
import type { BuildSource } from './source.ts';

export interface Content {
  /** Undefined: nothing is sent. */
  readonly body: AsyncIterable<Uint8Array> | undefined;
  readonly query: Query;
  /** Files that the daemon has already, for the report. */
  readonly kept: number;
}

export interface ContentRequest {
  readonly client: ApiClient;
  readonly source: BuildSource;
  readonly compress: boolean;
  /** The daemon is a tsker on this machine. */
  readonly isNear: boolean;
}

export async function contentOf({ client, source, compress, isNear }: ContentRequest): Promise<Content> {
  switch (source.kind) {
    case 'remote':
      return { body: undefined, query: { remote: source.url, dockerfile: source.dockerfile }, kept: 0 };
    case 'archive':
      return { body: source.body, query: { dockerfile: source.dockerfile }, kept: 0 };
    case 'dockerfile': {
      const extra = new Map([['Dockerfile', source.content]]);
      const body = packContext({ directory: '/', entries: [], extra });
      return { body, query: { dockerfile: 'Dockerfile' }, kept: 0 };
    }
    case 'local': {
      const context = readLocalContext(source);
      const query = { dockerfile: source.dockerfile };
      const changes = isNear ? await offerContext(client, context) : undefined;
      if (changes !== undefined) return { ...changes, query: { ...query, context: changes.token } };
      const whole = packContext(context);
      return { body: compress ? gzipped(whole) : whole, query, kept: 0 };
    }
  }
}

interface Changes {
  readonly body: AsyncIterable<Uint8Array>;
  readonly kept: number;
  readonly token: string;
}

/** More would be a manifest of many megabytes, and looking at every file costs more than sending it. */
const MAX_ENTRIES = 200_000;

/** Undefined when the context is to be sent whole: another build uses the stored one, or the daemon does not like it. */
async function offerContext(client: ApiClient, context: LocalContext): Promise<Changes | undefined> {
  const { directory, entries, extra, ignoreFile = '', walkedAt } = context;
  // A manifest is JSON: it has no words for names that are no text.
  if (entries.length > MAX_ENTRIES || entries.some(({ bytes }) => bytes !== undefined)) return undefined;
  const key = `${directory}\n${ignoreFile}`;
  const manifest = contextManifest({ key, entries, extra, now: walkedAt });
  const offer = await client
    .json<{ readonly token: string; readonly missing: readonly number[] }>('POST', '/tsker/build/context', {
      json: manifest,
    })
    .catch(passOver);
  if (offer === undefined) return undefined;
  const missing = new Set(offer.missing.map((number) => manifest.entries[number]?.[0]));
  const isMissing = ({ path }: { readonly path: string }): boolean => missing.has(path);
  const changed = {
    directory,
    entries: entries.filter(isMissing),
    extra: new Map([...extra].filter(([path]) => missing.has(path))),
  };
  return { body: packContext(changed), kept: manifest.entries.length - missing.size, token: offer.token };
}

function passOver(error: unknown): undefined {
  if (error instanceof ApiError && [400, 404, 409].includes(error.httpStatus)) return undefined;
  throw error;
}

function gzipped(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  // Who reads the end of it is told of what goes wrong.
  return pipeline(Readable.from(source), createGzip({ level: 1 }), () => undefined) as AsyncIterable<Uint8Array>;
}
