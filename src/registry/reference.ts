// Image references exactly as Docker reads them: the grammar and the messages of github.com/distribution/reference
// v0.6 (reference.go, normalize.go, regexp.go). Pure: nothing here looks into a store or asks a registry.
import { TskerError } from '../util/errors.ts';
import { checkDigest, isDigest } from './digest.ts';

/** A named reference in normalized form: `docker.io/library/busybox[:tag][@digest]`. */
export interface Reference {
  /** Host, with the port when given; never empty. */
  readonly domain: string;
  /** Path of the repository, `library/` included for official images. */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

export const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest';
const MAX_NAME = 255;
/** Longer texts are no references; the bound keeps the regular expression from working on hostile ones. */
const MAX_TEXT = 1024;

const ALPHANUMERIC = '[a-z0-9]+';
const SEPARATOR = '(?:[._]|__|[-]+)';
const COMPONENT = `${ALPHANUMERIC}(?:${SEPARATOR}${ALPHANUMERIC})*`;
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const IPV6 = '\\[(?:[a-fA-F0-9:]+)\\]';
const HOST = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|${IPV6})`;
const DOMAIN = `${HOST}(?::[0-9]+)?`;
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(
  `^(?:(?<domain>${DOMAIN})/)?(?<path>${COMPONENT}(?:/${COMPONENT})*)(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`,
);
const TAG_ONLY = new RegExp(`^${TAG}$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;

/**
 * Reads what a person typed. Neither tag nor digest is added. Throws `invalid` with Docker's messages:
 * `invalid reference format`, `…: repository name (…) must be lowercase`, and so on.
 */
export function parseReference(text: string): Reference {
  if (IDENTIFIER.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const { domain, rest } = splitDomain(text);
  const colon = rest.indexOf(':');
  const name = colon === -1 ? rest : rest.slice(0, colon);
  if (name.toLowerCase() !== name) {
    throw invalid(`invalid reference format: repository name (${name}) must be lowercase`);
  }
  const groups = text.length > MAX_TEXT ? undefined : REFERENCE.exec(`${domain}/${rest}`)?.groups;
  if (groups?.['path'] === undefined) throw invalid('invalid reference format');
  const path = groups['path'];
  if (path.length > MAX_NAME) throw invalid(`repository name must not be more than ${MAX_NAME} characters`);
  const digest = groups['digest'];
  return {
    domain: groups['domain'] ?? domain,
    path,
    tag: groups['tag'],
    digest: digest === undefined ? undefined : checkDigest(digest),
  };
}

/** An image named for `docker run`: an id, or a reference. Prefixes of ids are references to this function. */
export function parseAnyReference(text: string): { readonly id: string } | Reference {
  if (IDENTIFIER.test(text)) return { id: `sha256:${text}` };
  return isDigest(text) ? { id: text } : parseReference(text);
}

/** Docker's rule for the first part: a domain has a dot, a port, upper case, or is `localhost`. */
function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  if (slash === -1) return { domain: DEFAULT_DOMAIN, rest: OFFICIAL + text };
  const first = text.slice(0, slash);
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  const domain = !isDomain || first === LEGACY_DOMAIN ? DEFAULT_DOMAIN : first;
  const rest = isDomain ? text.slice(slash + 1) : text;
  return { domain, rest: domain === DEFAULT_DOMAIN && !rest.includes('/') ? OFFICIAL + rest : rest };
}

/** The reference with `tag` instead of what it had; `tag` may be a digest, as in the API's `?tag=`. */
export function withTagOrDigest(reference: Reference, tag: string): Reference {
  const { domain, path } = reference;
  if (isDigest(tag)) return { domain, path, tag: undefined, digest: tag };
  if (!TAG_ONLY.test(tag)) throw invalid('invalid tag format');
  return { domain, path, tag, digest: undefined };
}

/** Adds `latest` to a bare name. */
export function withDefaultTag(reference: Reference): Reference {
  return isNameOnly(reference) ? { ...reference, tag: DEFAULT_TAG } : reference;
}

export function isNameOnly(reference: Reference): boolean {
  return reference.tag === undefined && reference.digest === undefined;
}

/** `docker.io/library/busybox`. */
export function repositoryName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/busybox:latest`, the form of the store. */
export function normalizedString(reference: Reference): string {
  return repositoryName(reference) + suffix(reference);
}

/** `busybox`, as people read it. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryName(reference);
  const official = reference.path.startsWith(OFFICIAL) && !reference.path.slice(OFFICIAL.length).includes('/');
  return official ? reference.path.slice(OFFICIAL.length) : reference.path;
}

/** `busybox:latest`. */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function invalid(message: string): TskerError {
  return new TskerError('invalid', message);
}
