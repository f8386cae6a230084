import test from 'ava';
import type { ListOptions } from '../../../../src/api/container/backend.ts';
import { Container } from '../../../../src/daemon/container/container.ts';
import { selectContainers } from '../../../../src/daemon/container/list-filter.ts';
import type { ContainerRecord } from '../../../../src/daemon/container/record.ts';
import type { ContainerStatus } from '../../../../src/types/container.ts';
import { TskerError } from '../../../../src/util/errors.ts';

function container(
  name: string,
  status: ContainerStatus,
  more: { exitCode?: number; labels?: Record<string, string> } = {},
) {
  const index = NAMES.indexOf(name);
  return new Container({
    id: String(index).repeat(64),
    name,
    created: `2026-01-01T00:00:0${index}Z`,
    imageId: name === 'db' ? 'sha256:db' : 'sha256:web',
    config: { Image: name === 'db' ? 'postgres' : 'nginx', Labels: more.labels ?? {}, ExposedPorts: { '80/tcp': {} } },
    hostConfig: { NetworkMode: name === 'db' ? 'none' : 'bridge' },
    mounts: [{ kind: 'bind', source: '/data', destination: `/${name}` }],
    endpoints: [],
    state: { status, exitCode: more.exitCode ?? 0 },
  } as unknown as ContainerRecord);
}

const NAMES = ['old', 'web', 'web2', 'db'];
const ALL = [
  container('old', 'exited', { exitCode: 3 }),
  container('web', 'running', { labels: { tier: 'front' } }),
  container('web2', 'created'),
  container('db', 'running'),
];

function select(options: Partial<ListOptions>, filters: Record<string, string[]> = {}): string[] {
  const context = {
    resolve: (reference: string) => {
      const found = ALL.find(({ record }) => record.name === reference);
      if (found === undefined) throw new TskerError('not_found', `No such container: ${reference}`);
      return found;
    },
    imageId: (reference: string) => (reference === 'postgres' ? 'sha256:db' : undefined),
  };
  const all = { all: true, size: false, limit: 0, filters: new Map(Object.entries(filters)), ...options };
  return selectContainers(ALL, all, context).map(({ record }) => record.name);
}

test('without all only what runs is listed, the newest first', (t) => {
  t.deepEqual(select({ all: false }), ['db', 'web']);
  t.deepEqual(select({}), ['db', 'web2', 'web', 'old']);
});

test('a limit counts containers of any state', (t) => {
  t.deepEqual(select({ all: false, limit: 2 }), ['db', 'web2']);
});

test('a filter by state shows that state without all', (t) => {
  t.deepEqual(select({ all: false }, { status: ['exited', 'created'] }), ['web2', 'old']);
});

const CASES: [Record<string, string[]>, string[]][] = [
  [{ name: ['web'] }, ['web2', 'web']],
  [{ name: ['^/web$'] }, ['web']],
  [{ name: ['^web$'] }, ['web']],
  [{ id: ['00'] }, ['old']],
  [{ label: ['tier'] }, ['web']],
  [{ label: ['tier=back'] }, []],
  [{ exited: ['3'] }, ['old']],
  [{ exited: ['0'] }, []],
  [{ ancestor: ['postgres'] }, ['db']],
  [{ ancestor: ['nginx'] }, ['web2', 'web', 'old']],
  [{ before: ['web2'] }, ['web', 'old']],
  [{ since: ['web'] }, ['db', 'web2']],
  [{ volume: ['/db'] }, ['db']],
  [{ network: ['none'] }, ['db']],
  [{ expose: ['80'] }, ['db', 'web2', 'web', 'old']],
  [{ expose: ['81/tcp'] }, []],
  [{ publish: ['80'] }, []],
  [{ expose: ['79-81/tcp'] }, ['db', 'web2', 'web', 'old']],
  [{ name: ['['] }, []],
  [{ health: ['none'], name: ['old'] }, ['old']],
  [{ 'is-task': ['true'] }, []],
  [{ name: ['web'], status: ['running'] }, ['web']],
];
for (const [filters, expected] of CASES) {
  test(`filter ${JSON.stringify(filters)}`, (t) => {
    t.deepEqual(select({}, filters), expected);
  });
}

for (const filters of [
  { status: ['flying'] },
  { exited: ['x'] },
  { health: ['well'] },
  { 'is-task': ['perhaps'] },
  { publish: ['x'] },
  { expose: ['1-x/tcp'] },
  { before: ['nobody'] },
]) {
  test(`refused: filter ${JSON.stringify(filters)}`, (t) => {
    t.throws(() => select({}, filters as unknown as Record<string, string[]>), { instanceOf: TskerError });
  });
}
