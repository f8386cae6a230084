// Seccomp profiles resolved for a bounding set of capabilities. The same object for the same question: the runtime compiles
// the program of an object once.
import { DEFAULT_SECCOMP_PROFILE } from '../runtime/seccomp/default-profile.ts';
import { type ResolveContext, resolveProfile, type SeccompProfile } from '../runtime/seccomp/profile.ts';
import type { Seccomp } from '../runtime/spec.ts';

export class SeccompProfiles {
  readonly #host: Omit<ResolveContext, 'capabilities'>;
  /** Of Docker's default; users' own profiles come with each request and are resolved each time. */
  readonly #defaults = new Map<string, Seccomp>();

  constructor(host: Omit<ResolveContext, 'capabilities'>) {
    this.#host = host;
  }

  resolve(profile: 'default' | SeccompProfile, capabilities: readonly string[]): Seccomp {
    if (profile !== 'default') return resolveProfile(profile, { ...this.#host, capabilities });
    const key = capabilities.join(' ');
    const known = this.#defaults.get(key);
    if (known !== undefined) return known;
    const resolved = resolveProfile(DEFAULT_SECCOMP_PROFILE, { ...this.#host, capabilities });
    this.#defaults.set(key, resolved);
    return resolved;
  }
}
