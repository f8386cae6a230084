// The verb search, over the one route of registry version 1 that is still alive: Docker Hub's, or that of a registry named in
// front of the term.
import type { RegistryAuth, SearchResult } from '../types/image.ts';
import { TskerError } from '../util/errors.ts';
import type { Connections } from './connections.ts';
import { readAll } from './http.ts';
import { parseJson } from './manifest.ts';

export interface SearchRequest {
  readonly term: string;
  /** Undefined: 25. */
  readonly limit: number | undefined;
  /** is-official, is-automated, stars; the names are known ones. */
  readonly filters: ReadonlyMap<string, readonly string[]>;
  readonly auth: RegistryAuth | undefined;
}

const MAX_ANSWER = 4 * 1024 * 1024;
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;
const HUB = 'index.docker.io';

export async function searchImages(
  connections: Connections,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchResult[]> {
  const { limit = DEFAULT_LIMIT, filters, auth } = request;
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new TskerError('invalid', `limit ${limit} is outside the range of [1, ${MAX_LIMIT}]`);
  }
  const keep = filterOf(filters);
  const { domain, term } = splitTerm(request.term);
  const connection = await connections.open({ domain, auth, scopes: [] });
  const path = `/v1/search?${new URLSearchParams({ q: term, n: String(limit) })}`;
  const response = await connection.ask({ path, signal });
  const body = await readAll(response, MAX_ANSWER);
  if (response.status !== 200) throw new TskerError('unavailable', `Unexpected status code ${response.status}`);
  const { results } = parseJson(body);
  return (Array.isArray(results) ? results : []).map(toResult).filter(keep).slice(0, limit);
}

/** A first part that is a domain names the registry (moby registry/search.go). */
function splitTerm(text: string): { domain: string; term: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const isDomain = first === 'localhost' || /[.:]/.test(first);
  if (!isDomain) return { domain: HUB, term: text };
  const term = text.slice(slash + 1);
  if (first !== HUB && first !== 'docker.io') return { domain: first, term };
  return { domain: HUB, term: term.replace(/^library\//, '') };
}

type Keep = (result: SearchResult) => boolean;

function filterOf(filters: SearchRequest['filters']): Keep {
  const official = wordOf(filters, 'is-official');
  const automated = wordOf(filters, 'is-automated');
  const stars = Math.max(0, ...(filters.get('stars') ?? []).map(starsOf));
  return (result) =>
    (official === undefined || result.is_official === official) &&
    (automated === undefined || result.is_automated === automated) &&
    result.star_count >= stars;
}

function wordOf(filters: SearchRequest['filters'], name: string): boolean | undefined {
  const values = filters.get(name) ?? [];
  for (const value of values) {
    if (value !== 'true' && value !== 'false') throw new TskerError('invalid', `invalid filter '${name}=[${value}]'`);
  }
  return values.length === 0 ? undefined : values.includes('true');
}

function starsOf(value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new TskerError('invalid', `invalid filter 'stars=[${value}]'`);
}

function toResult(value: unknown): SearchResult {
  const fields: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  return {
    star_count: typeof fields['star_count'] === 'number' ? fields['star_count'] : 0,
    is_official: fields['is_official'] === true,
    name: text('name'),
    is_automated: fields['is_automated'] === true,
    description: text('description'),
  };
}
