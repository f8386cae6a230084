// The name of an image as the user wrote it, cut for the pull request. Pure, and no validation: the daemon's registry
// module knows the grammar, the client only which part is which.

export interface ImageName {
  readonly repository: string;
  /** Tag or digest; empty when neither was written. */
  readonly version: string;
}

/** `host:5000/name:tag` → `host:5000/name`, `tag`; `name@sha256:…` → `name`, `sha256:…`. */
export function splitImageName(name: string): ImageName {
  const at = name.indexOf('@');
  if (at >= 0) return { repository: name.slice(0, at).replace(/:[^:/]*$/, ''), version: name.slice(at + 1) };
  const colon = name.lastIndexOf(':');
  // A colon before a slash is a port.
  if (colon < 0 || name.includes('/', colon)) return { repository: name, version: '' };
  return { repository: name.slice(0, colon), version: name.slice(colon + 1) };
}

/** The whole name, with what a short one leaves out: `busybox` → `docker.io/library/busybox:latest`. */
export function canonicalImageName(name: string): string {
  const { repository, version } = splitImageName(name);
  const [first = ''] = repository.split('/');
  const hasDomain = repository.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const path = hasDomain ? repository : `docker.io/${repository.includes('/') ? '' : 'library/'}${repository}`;
  return `${path}${version.includes(':') ? '@' : ':'}${version === '' ? 'latest' : version}`;
}
