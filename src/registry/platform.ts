// Platforms, `os/architecture[/variant]`: how they are written, and which image of an index runs on which host. The
// normal forms and the order of preference are containerd's (platforms/database.go, compare.go). Pure.
import { TskerError } from '../util/errors.ts';
import type { Descriptor } from './manifest.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** Node's names of architectures, and those people write, to Go's. */
const ARCHITECTURES: Readonly<Record<string, Platform>> = {
  x64: { os: '', architecture: 'amd64' },
  x86_64: { os: '', architecture: 'amd64' },
  'x86-64': { os: '', architecture: 'amd64' },
  ia32: { os: '', architecture: '386' },
  i386: { os: '', architecture: '386' },
  aarch64: { os: '', architecture: 'arm64' },
  armhf: { os: '', architecture: 'arm', variant: 'v7' },
  armel: { os: '', architecture: 'arm', variant: 'v6' },
};

/** A variant that means the same as none. */
const DEFAULT_VARIANT: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8' };

const PART = /^[A-Za-z0-9_.-]+$/;

/** The platform of this process. */
export function hostPlatform(): Platform {
  return normalizePlatform({ os: 'linux', architecture: process.arch });
}

/** Reads `--platform`; an omitted os or architecture is the host's. Throws `invalid`. */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  if (parts.length > 3 || !parts.every((part) => PART.test(part))) {
    throw new TskerError(
      'invalid',
      `"${text}" is an invalid component of "${text}": platform specifier component must match "^[A-Za-z0-9_.-]+$"`,
    );
  }
  const [first = '', second, variant] = parts.map((part) => part.toLowerCase());
  const host = hostPlatform();
  if (second === undefined) {
    return first === 'linux' ? host : normalizePlatform({ os: host.os, architecture: first });
  }
  return normalizePlatform({ os: first, architecture: second, ...(variant === undefined ? {} : { variant }) });
}

/** The one spelling of each platform. */
function normalizePlatform(platform: Platform): Platform {
  const known = ARCHITECTURES[platform.architecture];
  const architecture = known?.architecture ?? platform.architecture;
  const given = normalizeVariant(platform.variant ?? known?.variant);
  const variant = architecture === 'arm' ? (given ?? 'v7') : given;
  const os = platform.os.toLowerCase();
  if (variant === undefined || variant === DEFAULT_VARIANT[architecture]) return { os, architecture };
  return { os, architecture, variant };
}

/** `7` is `v7`. */
function normalizeVariant(variant: string | undefined): string | undefined {
  return variant !== undefined && /^[0-9]$/.test(variant) ? `v${variant}` : variant;
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined).join('/');
}

/** Whether images of `platform` run where `wanted` is asked for. */
export function platformMatches(wanted: Platform, platform: Platform): boolean {
  return preference(wanted, platform) !== undefined;
}

/**
 * The entry of an index for `wanted`: the highest variant that is not above the wanted one, the first of equals. Entries
 * without a platform, and attestations (`unknown/unknown`), match nothing. Undefined when none does.
 */
export function choosePlatform(entries: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  let best: { entry: Descriptor; rank: number } | undefined;
  for (const entry of entries) {
    const rank = entry.platform === undefined ? undefined : preference(wanted, entry.platform);
    if (rank !== undefined && (best === undefined || rank > best.rank)) best = { entry, rank };
  }
  return best?.entry;
}

/** Higher is better, undefined does not run. */
function preference(wanted: Platform, offered: Platform): number | undefined {
  const want = normalizePlatform(wanted);
  const have = normalizePlatform(offered);
  if (want.os !== have.os) return undefined;
  if (want.architecture === have.architecture) return variantRank(want, have);
  // A 64-bit ARM runs 32-bit images, as a last resort.
  if (want.architecture === 'arm64' && have.architecture === 'arm') return level(have) - 100;
  return undefined;
}

function variantRank(want: Platform, have: Platform): number | undefined {
  return level(have) <= level(want) ? level(have) : undefined;
}

/** `v7` → 7; no variant is the architecture's default. */
function level({ architecture, variant }: Platform): number {
  const text = variant ?? DEFAULT_VARIANT[architecture] ?? 'v0';
  return Number.parseInt(text.slice(1), 10) || 0;
}
