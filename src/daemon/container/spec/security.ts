// --security-opt, --cap-add, --cap-drop and --privileged as what the runtime understands. Pure.
import { adjustCapabilities } from '../../../runtime/capabilities.ts';
import { parseSeccompProfile, type SeccompProfile } from '../../../runtime/seccomp/profile.ts';
import type { HostConfig } from '../../../types/container.ts';
import { TskerError } from '../../../util/errors.ts';

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** `default`, `unconfined`, or the user's own. */
  readonly seccomp: 'default' | 'unconfined' | SeccompProfile;
  readonly apparmor: string | undefined;
}

/** Throws `invalid` with Docker's message for an option it does not know. */
export function parseSecurityOptions(options: readonly string[] | null): SecurityOptions {
  let parsed: SecurityOptions = { noNewPrivileges: false, seccomp: 'default', apparmor: undefined };
  for (const option of options ?? []) parsed = { ...parsed, ...parseOption(option) };
  return parsed;
}

function parseOption(option: string): Partial<SecurityOptions> {
  if (option === 'no-new-privileges') return { noNewPrivileges: true };
  if (option === 'disable') return {};
  // The colon is the older spelling.
  const at = option.search(/[=:]/);
  if (at < 0) throw new TskerError('invalid', `invalid --security-opt 1: ${JSON.stringify(option)}`);
  const [key, value] = [option.slice(0, at), option.slice(at + 1)];
  switch (key) {
    case 'no-new-privileges':
      return { noNewPrivileges: parseBoolean(option, value) };
    case 'seccomp':
      return { seccomp: parseSeccomp(value) };
    case 'apparmor':
      return { apparmor: value };
    case 'label':
    case 'systempaths':
    case 'writable-cgroups':
      return {};
    default:
      throw new TskerError('invalid', `invalid --security-opt 2: ${JSON.stringify(option)}`);
  }
}

function parseBoolean(option: string, value: string): boolean {
  if (/^(?:1|t|true)$/i.test(value)) return true;
  if (/^(?:0|f|false)$/i.test(value)) return false;
  throw new TskerError('invalid', `invalid --security-opt 2: ${JSON.stringify(option)}`);
}

/** The docker CLI sends the profile itself, not its path. */
function parseSeccomp(value: string): SecurityOptions['seccomp'] {
  if (value === 'unconfined') return 'unconfined';
  return value === 'builtin' || value === 'default' ? 'default' : parseSeccompProfile(value);
}

/** Names for the bounding set; `all` are those the kernel knows. */
export function buildCapabilities(host: HostConfig, all: readonly string[]): string[] {
  if (host.Privileged) return [...all];
  return adjustCapabilities({ add: host.CapAdd ?? [], drop: host.CapDrop ?? [] }, all);
}
