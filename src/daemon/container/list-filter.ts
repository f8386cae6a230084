// Which containers a list shows: its options and filters (moby daemon/list.go). Pure but for the image names it is given a
// way to resolve.
import type { ListOptions } from '../../api/container/backend.ts';
import { booleanFilter, matchesLabels } from '../../api/filters.ts';
import type { ContainerStatus } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from './container.ts';
import { configuredNetworks } from './endpoint-configs.ts';
import { mountsOf } from './mounts/of-record.ts';
import { toMountPoints } from './mounts/types.ts';
import { listPorts } from './network-settings.ts';
import { isAlive } from './state.ts';

export interface FilterContext {
  /** Finds the container of `before` and `since`. */
  readonly resolve: (reference: string) => Container;
  /** The image's id, undefined when there is none of that name. */
  readonly imageId: (reference: string) => string | undefined;
}

const STATES: readonly string[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'exited',
  'removing',
  'dead',
] satisfies ContainerStatus[];
const HEALTH = ['none', 'starting', 'healthy', 'unhealthy'];

type Test = (container: Container) => boolean;

/** Newest first, as many as wanted. Throws `invalid` for a filter value that cannot be meant. */
export function selectContainers(all: readonly Container[], options: ListOptions, context: FilterContext): Container[] {
  const tests = [...options.filters].map(([name, values]) => testFor(name, values, context));
  const everyState = options.all || options.limit > 0 || options.filters.has('status');
  const selected = all
    .toReversed()
    .toSorted((a, b) => (a.record.created < b.record.created ? 1 : a.record.created > b.record.created ? -1 : 0))
    .filter((container) => everyState || isAlive(container.record.state.status) || isRestarting(container))
    .filter((container) => tests.every((test) => test(container)));
  return options.limit > 0 ? selected.slice(0, options.limit) : selected;
}

function isRestarting({ record }: Container): boolean {
  return record.state.status === 'restarting';
}

function testFor(name: string, values: readonly string[], context: FilterContext): Test {
  switch (name) {
    case 'id':
      return ({ id }) => values.some((value) => id.startsWith(value));
    case 'name':
      return nameTest(values);
    case 'label':
      return ({ record }) => matchesLabels(values, record.config.Labels);
    case 'status':
      checkValues('status', values, STATES);
      return ({ record }) => values.includes(record.state.status);
    case 'exited':
      return exitedTest(values);
    case 'ancestor':
      return ancestorTest(values, context);
    case 'before':
      return orderTest(values, context, (created, bound) => created < bound);
    case 'since':
      return orderTest(values, context, (created, bound) => created > bound);
    case 'volume':
      return ({ record }) =>
        toMountPoints(mountsOf(record)).some(({ Name = '', Source, Destination }) =>
          [Name, Source, Destination].some((one) => one !== '' && values.includes(one)),
        );
    case 'network':
      return ({ record }) =>
        Object.keys(configuredNetworks(record)).some((name) => values.includes(name)) ||
        values.includes(record.hostConfig.NetworkMode) ||
        record.endpoints.some(({ networkId }) => values.some((value) => value !== '' && networkId.startsWith(value)));
    case 'expose':
    case 'publish':
      return portTest(name, values);
    case 'health':
      checkValues('health', values, HEALTH);
      return ({ health }) => values.includes(health?.status ?? 'none');
    case 'is-task': {
      const wanted = booleanFilter(new Map([[name, values]]), name);
      return () => wanted !== true;
    }
    default:
      return () => true;
  }
}

/** Regular expressions, as in Docker, on the name with and without its slash; one that is none matches nothing. */
function nameTest(values: readonly string[]): Test {
  const patterns = values.flatMap((value) => compile(value) ?? []);
  return ({ record }) => patterns.some((pattern) => pattern.test(record.name) || pattern.test(`/${record.name}`));
}

function compile(value: string): RegExp | undefined {
  try {
    return new RegExp(value);
  } catch {
    return undefined;
  }
}

function exitedTest(values: readonly string[]): Test {
  const codes = values.map((value) => {
    if (!/^-?\d{1,9}$/.test(value)) throw new TskerError('invalid', `invalid filter 'exited=${value}'`);
    return Number(value);
  });
  // One that has not run has no exit code.
  return ({ record: { state } }) => state.status === 'exited' && codes.includes(state.exitCode);
}

function ancestorTest(values: readonly string[], { imageId }: FilterContext): Test {
  const ids = new Set(values.map(imageId));
  return ({ record }) => ids.has(record.imageId) || values.includes(record.config.Image);
}

function orderTest(
  values: readonly string[],
  { resolve }: FilterContext,
  holds: (created: string, bound: string) => boolean,
): Test {
  const bounds = values.map((value) => resolve(value).record.created);
  return ({ record }) => bounds.every((bound) => holds(record.created, bound));
}

/** `80`, `80/udp`, `8000-8080/tcp`: of the host when it is about what is published, else of the container. */
function portTest(name: 'expose' | 'publish', values: readonly string[]): Test {
  const ranges = values.map((value) => parsePorts(name, value));
  const holds = (port: number | undefined, type: string): boolean =>
    port !== undefined &&
    ranges.some(({ first, last, protocol }) => type === protocol && port >= first && port <= last);
  if (name === 'publish') {
    return ({ record }) => listPorts(record).some(({ PublicPort, Type }) => holds(PublicPort, Type));
  }
  return ({ record }) =>
    Object.keys({ ...record.config.ExposedPorts, ...record.hostConfig.PortBindings }).some((port) => {
      const [number, type = 'tcp'] = port.split('/');
      return holds(Number(number), type);
    });
}

function parsePorts(name: string, value: string): { first: number; last: number; protocol: string } {
  const [ports = '', protocol = 'tcp'] = value.split('/');
  const [first = '', last = first] = ports.split('-');
  const bad = [first, last].find((port) => !/^\d{1,5}$/.test(port) || Number(port) > 65_535);
  if (bad === undefined) return { first: Number(first), last: Number(last), protocol };
  throw new TskerError(
    'invalid',
    `error while looking up for ${name} ${value}: strconv.ParseUint: parsing ${JSON.stringify(bad)}: invalid syntax`,
  );
}

function checkValues(name: string, values: readonly string[], known: readonly string[]): void {
  for (const value of values) {
    if (!known.includes(value)) throw new TskerError('invalid', `invalid filter '${name}=${value}'`);
  }
}
