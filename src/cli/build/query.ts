// The flags of build as the query of POST /build, spelled and left out as Docker's client does. Pure.
import type { Query } from '../../client/http/request.ts';
import { parseUlimit } from '../create/resources.ts';
import { orUndefined, pairsToMap, splitPair } from '../create/words.ts';
import type { FlagValues } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';
import type { BUILD_FLAGS } from './flags.ts';

export type BuildFlags = FlagValues<typeof BUILD_FLAGS>;

export interface QueryRequest {
  readonly flags: BuildFlags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Build arguments for the proxies of the user's config.json. */
  readonly proxies: Readonly<Record<string, string>>;
}

export function buildQuery({ flags, env, proxies }: QueryRequest): Query {
  return {
    t: orUndefined(flags.tag),
    securityopt: orUndefined(flags['security-opt']),
    extrahosts: orUndefined(flags['add-host'].map(parseExtraHost)),
    q: flags.quiet === true ? true : undefined,
    nocache: flags['no-cache'] === true ? true : undefined,
    rm: flags.rm === false ? false : undefined,
    forcerm: flags['force-rm'] === true ? true : undefined,
    pull: flags.pull === true ? true : undefined,
    squash: flags.squash === true ? true : undefined,
    isolation: nonDefault(flags.isolation),
    networkmode: nonDefault(flags.network),
    cpusetcpus: nonDefault(flags['cpuset-cpus']),
    cpusetmems: nonDefault(flags['cpuset-mems']),
    cpushares: nonZero(flags['cpu-shares']),
    cpuquota: nonZero(flags['cpu-quota']),
    cpuperiod: nonZero(flags['cpu-period']),
    memory: nonZero(flags.memory),
    memswap: nonZero(flags['memory-swap']),
    cgroupparent: nonDefault(flags['cgroup-parent']),
    shmsize: nonZero(flags['shm-size']),
    target: nonDefault(flags.target),
    ulimits: flags.ulimit.length === 0 ? undefined : JSON.stringify(flags.ulimit.map(parseUlimit)),
    buildargs: asJson(buildArguments({ flags, env, proxies })),
    labels: asJson(pairsToMap(flags.label)),
    cachefrom: orJson(flags['cache-from'].flatMap((names) => names.split(','))),
    platform: (flags.platform ?? env['DOCKER_DEFAULT_PLATFORM'])?.toLowerCase(),
  };
}

/** A name alone takes the value of the environment; without one there it stays a name, for the Dockerfile's default. */
function buildArguments({ flags, env, proxies }: QueryRequest): Readonly<Record<string, string | null>> | undefined {
  const given = flags['build-arg'].map((text): [string, string | null] => {
    const [name, value] = splitPair(text);
    if (name === '')
      throw new UsageError(`invalid argument "${text}" for "--build-arg" flag: invalid environment variable: ${text}`);
    return [name, value ?? env[name] ?? null];
  });
  const all = { ...proxies, ...Object.fromEntries(given) };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** `name:address` or `name=address`. */
function parseExtraHost(text: string): string {
  const parts = /^([^:=]+)[:=](.+)$/.exec(text);
  if (parts === null)
    throw new UsageError(`invalid argument "${text}" for "--add-host" flag: bad format for add-host: "${text}"`);
  return `${parts[1]}:${(parts[2] ?? '').replace(/^\[(.*)\]$/, '$1')}`;
}

function nonDefault(text: string | undefined): string | undefined {
  return text === '' || text === 'default' ? undefined : text;
}

function nonZero(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

/** Sorted by name, as Go writes maps. */
function asJson(map: Readonly<Record<string, string | null>> | undefined): string | undefined {
  if (map === undefined) return undefined;
  return JSON.stringify(Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function orJson(list: readonly string[]): string | undefined {
  return list.length === 0 ? undefined : JSON.stringify(list);
}
