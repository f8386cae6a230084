// The query of POST /build (Docker API, ImageBuild) as a request. What is wrong with it is 400, in Docker's words where it
// has some. Pure.
import { TskerError } from '../../util/errors.ts';
import { parseRegistryConfig } from '../image/registry-auth.ts';
import { flagOf, flagOr, integerOf, type Query, textOf } from '../query.ts';
import type { BuildLimits, BuildRequest } from './backend.ts';

/** BuildKit's builds need a session that tsker does not have. */
const BUILDKIT_VERSION = '2';

export function parseBuildQuery(query: Query, headers: { readonly registryConfig: string | undefined }): BuildRequest {
  refuseUnsupported(query);
  const buildArgs = parseArgs(query);
  return {
    tags: query.getAll('t').filter((tag) => tag !== ''),
    target: textOf(query, 'target'),
    buildArgs,
    labels: new Map(Object.entries(parseStrings(query, 'labels'))),
    noCache: flagOf(query, 'nocache'),
    pull: flagOf(query, 'pull'),
    cacheFrom: parseList(query, 'cachefrom'),
    squash: flagOf(query, 'squash'),
    network: textOf(query, 'networkmode') ?? 'default',
    extraHosts: hostsOf(query),
    shmSize: integerOf(query, 'shmsize') ?? 0,
    securityOptions: parseList(query, 'securityopt'),
    platform: textOf(query, 'platform'),
    sourceDateEpoch: epochOf(buildArgs),
    explain: flagOf(query, 'explain'),
    steps: flagOf(query, 'steps'),
    keepFailed: flagOf(query, 'debug'),
    quiet: flagOf(query, 'q'),
    remove: flagOr(query, 'rm', true),
    forceRemove: flagOf(query, 'forcerm'),
    auths: parseRegistryConfig(headers.registryConfig),
    remote: textOf(query, 'remote'),
    dockerfile: textOf(query, 'dockerfile'),
    token: textOf(query, 'context'),
    ...limitsOf(query),
  };
}

function refuseUnsupported(query: Query): void {
  const version = textOf(query, 'version');
  if (version !== undefined && version !== '1' && version !== BUILDKIT_VERSION) {
    throw new TskerError('invalid', `invalid version ${JSON.stringify(version)}`);
  }
  if (version === BUILDKIT_VERSION) {
    throw new TskerError('invalid', 'BuildKit is not supported by this engine', {
      hint: 'set DOCKER_BUILDKIT=0; RUN --mount and heredocs work without BuildKit here',
    });
  }
  const isolation = textOf(query, 'isolation');
  if (isolation !== undefined && isolation !== 'default') {
    throw new TskerError('invalid', `Unsupported isolation: ${JSON.stringify(isolation)}`);
  }
}

function limitsOf(query: Query): BuildLimits {
  const numbers = {
    memory: integerOf(query, 'memory'),
    memorySwap: integerOf(query, 'memswap'),
    cpuShares: integerOf(query, 'cpushares'),
    cpuPeriod: integerOf(query, 'cpuperiod'),
    cpuQuota: integerOf(query, 'cpuquota'),
  };
  const texts = {
    cpusetCpus: textOf(query, 'cpusetcpus'),
    cpusetMems: textOf(query, 'cpusetmems'),
    cgroupParent: textOf(query, 'cgroupparent'),
  };
  const given = Object.entries({ ...numbers, ...texts }).filter(([, value]) => value !== undefined && value !== 0);
  const ulimits = parseUlimits(query);
  return { ...Object.fromEntries(given), ...(ulimits.length === 0 ? {} : { ulimits }) };
}

/** Repeated, or (the command line) separated by commas. */
function hostsOf(query: Query): readonly string[] {
  return query
    .getAll('extrahosts')
    .flatMap((hosts) => hosts.split(','))
    .filter((host) => host !== '');
}

function parseArgs(query: Query): ReadonlyMap<string, string | undefined> {
  const given = objectOf(query, 'buildargs');
  return new Map(
    Object.entries(given).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      if (value === null) return [name, undefined];
      throw wrong('buildargs', 'values are strings or null');
    }),
  );
}

/** The environment of the client, by way of a build argument, as BuildKit's clients hand it over. */
function epochOf(buildArgs: ReadonlyMap<string, string | undefined>): number | undefined {
  const text = buildArgs.get('SOURCE_DATE_EPOCH');
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text);
  throw new TskerError('invalid', `invalid SOURCE_DATE_EPOCH: ${text}`, {
    hint: 'it is a number of seconds since 1970',
  });
}

function parseStrings(query: Query, name: string): Record<string, string> {
  const strings: Record<string, string> = {};
  for (const [key, value] of Object.entries(objectOf(query, name))) {
    if (typeof value !== 'string') throw wrong(name, 'values are strings');
    strings[key] = value;
  }
  return strings;
}

function parseList(query: Query, name: string): readonly string[] {
  const value = parseJson(query, name) ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw wrong(name, 'a list of strings is wanted');
}

function parseUlimits(query: Query): readonly { Name: string; Soft: number; Hard: number }[] {
  const value = parseJson(query, 'ulimits') ?? [];
  if (!Array.isArray(value)) throw wrong('ulimits', 'a list is wanted');
  return value.map((item: unknown) => {
    const { Name, Soft, Hard }: { Name?: unknown; Soft?: unknown; Hard?: unknown } =
      typeof item === 'object' && item !== null ? item : {};
    if (typeof Name !== 'string' || !Number.isSafeInteger(Soft) || !Number.isSafeInteger(Hard)) {
      throw wrong('ulimits', 'Name, Soft and Hard are wanted');
    }
    return { Name, Soft: Number(Soft), Hard: Number(Hard) };
  });
}

function objectOf(query: Query, name: string): Readonly<Record<string, unknown>> {
  const value = parseJson(query, name) ?? {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw wrong(name, 'an object is wanted');
}

/** Docker's names of parameters in errors, where they are not the parameters'. */
const WORDS: Readonly<Record<string, string>> = { buildargs: 'build args', ulimits: 'ulimit settings' };

function parseJson(query: Query, name: string): unknown {
  const text = textOf(query, name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TskerError('invalid', `error reading ${WORDS[name] ?? name}: invalid JSON`, { cause });
  }
}

function wrong(name: string, what: string): TskerError {
  return new TskerError('invalid', `error reading ${WORDS[name] ?? name}: ${what}`);
}
