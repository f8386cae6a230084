import test from 'ava';
import type { ContainerCgroups } from '../../../../src/runtime/cgroup/paths.ts';
import { updateOps } from '../../../../src/runtime/cgroup/update.ts';
import type { Resources } from '../../../../src/runtime/spec.ts';

const V1: ContainerCgroups = {
  version: 1,
  relative: 'tsker/x',
  directories: ['memory', 'pids'].map((name) => ({
    name,
    controllers: [name],
    mountPoint: `/c/${name}`,
    path: `/c/${name}/tsker/x`,
  })),
};
const V2: ContainerCgroups = {
  version: 2,
  relative: 'tsker/x',
  directories: [{ name: 'unified', controllers: ['memory', 'pids', 'cpu'], mountPoint: '/c', path: '/c/tsker/x' }],
};

/** The writes in order, `file value`. */
function writes(cgroups: ContainerCgroups, resources: Resources, withSwap = '100'): string[] {
  const { ops } = updateOps({ cgroups, resources, has: () => true, current: () => withSwap });
  return ops.map((op) => (op.op === 'WRITE' ? `${op.path.split('/').at(-1)} ${String(op.data)}` : op.op));
}

const LIMIT = 'memory.limit_in_bytes';
const SWAP = 'memory.memsw.limit_in_bytes';
const V1_CASES: readonly (readonly [string, Resources, readonly string[]])[] = [
  ['both grow: the sum first', { memory: { limit: 150, swap: 200 } }, [`${SWAP} 200`, `${LIMIT} 150`]],
  ['both shrink: memory first', { memory: { limit: 20, swap: 50 } }, [`${LIMIT} 20`, `${SWAP} 50`]],
  ['no more limit of swap: the sum first', { memory: { limit: 150, swap: -1 } }, [`${SWAP} -1`, `${LIMIT} 150`]],
  ['memory alone', { memory: { limit: 50 } }, [`${LIMIT} 50`]],
];
for (const [title, resources, expected] of V1_CASES) {
  test(`v1, ${title}`, (t) => t.deepEqual(writes(V1, resources), expected));
}

test('v2: swap is what is left of the sum, and no limit of processes is max', (t) => {
  t.deepEqual(writes(V2, { memory: { limit: 50, swap: 80 }, pids: { limit: -1 } }), [
    'memory.max 50',
    'memory.swap.max 30',
    'pids.max max',
  ]);
});

test('each write can be taken back to what the file has now', (t) => {
  const has = () => true;
  const files: Readonly<Record<string, string>> = {
    'memory.max': '64',
    'memory.swap.max': 'max',
    'cpu.max': 'max 100000',
  };
  const { ops, undo } = updateOps({
    cgroups: V2,
    resources: { memory: { limit: 50, swap: 80 }, pids: { limit: 3 }, cpu: { quota: 5000 } },
    has,
    current: (_controller, file) => files[file],
  });
  const before = ops.map((op) => (op.op === 'WRITE' ? files[op.path.split('/').at(-1) ?? ''] : ''));
  t.deepEqual(
    undo.map((op) => (op?.op === 'WRITE' ? op.data : undefined)),
    before,
  );
  t.true(before.includes('max 100000') && before.includes(undefined), before.join());
});

test('v2: quota and period are one file', (t) => {
  t.deepEqual(writes(V2, { cpu: { quota: 5000 } }), ['cpu.max 5000 100000']);
});
