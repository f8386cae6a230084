// AppArmor, as far as this kernel has it: where a task writes the profile of the program that it executes next, and which
// profiles are loaded. Loading them is the host's matter: the kernel takes them compiled, by apparmor_parser.
import { existsSync, readFileSync } from 'node:fs';

export interface AppArmor {
  /** The attribute of the task that writes; undefined: the kernel has no AppArmor, or it is off. */
  readonly attribute: string | undefined;
  /** Looked up at each call: profiles come and go. False when the kernel does not say. */
  isLoaded(profile: string): boolean;
}

const ENABLED = '/sys/module/apparmor/parameters/enabled';
const PROFILES = '/sys/kernel/security/apparmor/profiles';
/** Since 5.8 each module has its own; the other is the first module's that wants it. */
const ATTRIBUTES = ['/proc/self/attr/apparmor/exec', '/proc/self/attr/exec'];

export function hostAppArmor(): AppArmor {
  const isEnabled = readText(ENABLED).startsWith('Y');
  return {
    attribute: isEnabled ? ATTRIBUTES.find((path) => existsSync(path)) : undefined,
    isLoaded: (profile) => profileNames(readText(PROFILES)).has(profile),
  };
}

/** A line is `name (mode)`, and a name may have spaces. Pure. */
export function profileNames(text: string): Set<string> {
  return new Set(text.split('\n').flatMap((line) => /^(.*) \([a-z]+\)$/.exec(line)?.[1] ?? []));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES') return '';
    throw error;
  }
}
