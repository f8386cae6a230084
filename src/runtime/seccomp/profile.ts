// Docker's form of a seccomp profile (a JSON file for `--security-opt seccomp=`), whose rules depend on capabilities,
// architecture and kernel; and its resolution to the OCI form, which depends on nothing. Pure.
import { TskerError } from '../../util/errors.ts';
import type { Seccomp, SeccompArg, SeccompSyscall } from '../spec.ts';

export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  /** Fixed architectures; a profile has these or archMap. */
  readonly architectures?: readonly string[];
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] | null }[];
  readonly flags?: readonly string[];
  readonly syscalls: readonly ProfileRule[];
}

export interface ProfileRule {
  /** The older of two spellings. */
  readonly name?: string;
  readonly names?: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArg[] | null;
  readonly includes?: ProfileFilter;
  readonly excludes?: ProfileFilter;
}

export interface ProfileFilter {
  readonly caps?: readonly string[];
  /** Go's names: amd64, arm64. */
  readonly arches?: readonly string[];
  /** `4.8` */
  readonly minKernel?: string;
}

export interface ResolveContext {
  /** The bounding set of the container. */
  readonly capabilities: readonly string[];
  /** Go's name of the architecture. */
  readonly architecture: string;
  /** `uname -r`. */
  readonly kernelRelease: string;
}

const NATIVE_ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'SCMP_ARCH_X86_64',
  arm64: 'SCMP_ARCH_AARCH64',
};

/** Keeps the rules whose conditions hold. Throws `invalid` for a profile that contradicts itself. */
export function resolveProfile(profile: SeccompProfile, context: ResolveContext): Seccomp {
  if ((profile.architectures?.length ?? 0) > 0 && (profile.archMap?.length ?? 0) > 0) {
    throw new TskerError('invalid', 'seccomp profile: both `architectures` and `archMap` are given');
  }
  const architectures = profile.architectures ?? architecturesOf(profile, context.architecture);
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(profile.flags === undefined ? {} : { flags: profile.flags }),
    syscalls: profile.syscalls.filter((rule) => applies(rule, context)).map(toOci),
  };
}

function architecturesOf(profile: SeccompProfile, architecture: string): string[] {
  const native = NATIVE_ARCHITECTURES[architecture];
  const row = profile.archMap?.find((one) => one.architecture === native);
  return row === undefined ? [] : [row.architecture, ...(row.subArchitectures ?? [])];
}

/** Every condition of `includes` must hold, none of `excludes` may. */
function applies({ includes, excludes }: ProfileRule, context: ResolveContext): boolean {
  const has = (names: readonly string[] | undefined): boolean =>
    (names ?? []).every((name) => context.capabilities.includes(name));
  if (!has(includes?.caps)) return false;
  if (includes?.arches !== undefined && includes.arches.length > 0 && !includes.arches.includes(context.architecture)) {
    return false;
  }
  if (includes?.minKernel !== undefined && !kernelAtLeast(context.kernelRelease, includes.minKernel)) return false;
  if ((excludes?.caps ?? []).some((name) => context.capabilities.includes(name))) return false;
  if ((excludes?.arches ?? []).includes(context.architecture)) return false;
  return excludes?.minKernel === undefined || !kernelAtLeast(context.kernelRelease, excludes.minKernel);
}

function toOci(rule: ProfileRule): SeccompSyscall {
  const names = rule.names ?? (rule.name === undefined ? [] : [rule.name]);
  return {
    names,
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(rule.args && rule.args.length > 0 ? { args: rule.args } : {}),
  };
}

/** `6.1.0-9-amd64` is at least `4.8`. */
export function kernelAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = versionOf(release);
  const [wantedMajor = 0, wantedMinor = 0] = versionOf(wanted);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function versionOf(text: string): number[] {
  const match = /^(\d+)\.(\d+)/.exec(text);
  if (match === null) throw new TskerError('invalid', `invalid kernel version "${text}"`);
  return match.slice(1).map(Number);
}

/** Reads a user's profile. Throws `invalid` with what is wrong; unknown keys are ignored, as Docker does. */
export function parseSeccompProfile(text: string): SeccompProfile {
  const wrong = (what: string): TskerError => new TskerError('invalid', `Decoding seccomp profile failed: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TskerError('invalid', 'Decoding seccomp profile failed: not JSON', { cause: error });
  }
  if (typeof value !== 'object' || value === null) throw wrong('not an object');
  const profile = value as Partial<SeccompProfile>;
  if (typeof profile.defaultAction !== 'string') throw wrong('no defaultAction');
  const syscalls = profile.syscalls ?? [];
  if (!Array.isArray(syscalls)) throw wrong('syscalls is not a list');
  for (const rule of syscalls as readonly Partial<ProfileRule>[]) {
    if (typeof rule?.action !== 'string') throw wrong('a rule has no action');
    if (rule.name !== undefined && (rule.names?.length ?? 0) > 0) throw wrong('a rule has both `name` and `names`');
    const names: unknown = rule.names ?? [rule.name];
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) throw wrong('a rule has no names');
  }
  return { ...profile, defaultAction: profile.defaultAction, syscalls };
}
