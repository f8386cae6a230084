// What a remote context is, by its looks, as Docker's urlutil has it. Pure.
import { TskerError } from '../../../util/errors.ts';

export type Remote =
  | { readonly kind: 'git'; readonly url: string; readonly ref: string | undefined; readonly folder: string }
  | { readonly kind: 'http'; readonly url: string };

/** A session of BuildKit's, by which its clients send contexts. */
const SESSION = 'client-session';

/** Throws for what is neither, in Docker's words. */
export function detectRemote(remote: string): Remote {
  if (remote === SESSION) {
    throw new TskerError(
      'invalid',
      'experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead',
      { hint: 'tsker has no BuildKit: set DOCKER_BUILDKIT=0' },
    );
  }
  if (isGitUrl(remote)) return { kind: 'git', ...gitParts(remote) };
  if (isHttpUrl(remote)) return { kind: 'http', url: remote };
  throw new TskerError('invalid', `remoteURL (${remote}) could not be recognized as URL`);
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

function isGitUrl(text: string): boolean {
  if (isHttpUrl(text) && /\.git(?:#.+)?$/.test(text)) return true;
  return ['git://', 'github.com/', 'git@'].some((prefix) => text.startsWith(prefix));
}

/** `#ref:folder` behind the address; no ref means what the repository's HEAD is. */
function gitParts(remote: string): { url: string; ref: string | undefined; folder: string } {
  const hash = remote.indexOf('#');
  const [address, fragment] = hash < 0 ? [remote, ''] : [remote.slice(0, hash), remote.slice(hash + 1)];
  const colon = fragment.indexOf(':');
  const [ref, folder] = colon < 0 ? [fragment, ''] : [fragment.slice(0, colon), fragment.slice(colon + 1)];
  // What begins with a dash would be an option of git's.
  if (ref.startsWith('-') || address.startsWith('-')) throw new TskerError('invalid', `invalid refspec: ${ref}`);
  const url = address.startsWith('github.com/') ? `https://${address}` : address;
  return { url, ref: ref === '' ? undefined : ref, folder };
}
