// --security-opt, --cap-add, --cap-drop and --privileged as what the runtime understands. Pure.
import { adjustCapabilities } from '../../../runtime/capabilities.ts';
import { parseSeccompProfile, type SeccompProfile } from '../../../runtime/seccomp/profile.ts';
import type { HostConfig } from '../../../types/container-config.ts';
import { TskerError } from '../../../util/errors.ts';

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** `default`, `unconfined`, or the user's own. */
  readonly seccomp: 'default' | 'unconfined' | SeccompProfile;
  readonly apparmor: string | undefined;
  /** cgroups can be written to. */
  readonly writableCgroups: boolean;
}

/** Throws `invalid` with Docker's message for an option it does not know. */
export function parseSecurityOptions(options: readonly string[] | null): SecurityOptions {
  let parsed: SecurityOptions = {
    noNewPrivileges: false,
    seccomp: 'default',
    apparmor: undefined,
    writableCgroups: false,
  };
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
    case 'writable-cgroups':
      return { writableCgroups: parseBoolean(option, value) };
    // Without --selinux-enabled, which there is not, Docker does nothing with them either.
    case 'label':
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

export interface AppArmorHost {
  /** Undefined: the kernel has no AppArmor. */
  readonly attribute: string | undefined;
  isLoaded(profile: string): boolean;
}

/** Docker's, which a Docker on the same host or its administrator has loaded. */
const DEFAULT_PROFILE = 'docker-default';

/** The profile of a container, as inspect has it; '' for none. Where the kernel has no AppArmor, Docker passes it over. */
export function apparmorProfile(host: Pick<HostConfig, 'SecurityOpt' | 'Privileged'>, known: AppArmorHost): string {
  if (known.attribute === undefined) return '';
  const { apparmor } = parseSecurityOptions(host.SecurityOpt);
  if (apparmor !== undefined && apparmor !== '') return apparmor;
  if (host.Privileged) return 'unconfined';
  return known.isLoaded(DEFAULT_PROFILE) ? DEFAULT_PROFILE : '';
}
