import { readFileSync } from 'node:fs';
import test from 'ava';
import { RLIM_INFINITY } from '../../../../src/native/linux.ts';
import { effectiveRlimits, parseHardLimits, sourceKind } from '../../../../src/runtime/inprocess/host-facts.ts';
import { enclosingMount } from '../../../../src/runtime/inprocess/root.ts';
import { formatMap, namespaceNetworkOps } from '../../../../src/runtime/inprocess/userns.ts';

test('hard limits are read from the text of proc', (t) => {
  const limits = parseHardLimits(
    [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max cpu time              unlimited            unlimited            seconds   ',
      'Max open files            1024                 20000                files     ',
    ].join('\n'),
  );
  t.deepEqual(
    [...limits],
    [
      [0, RLIM_INFINITY],
      [7, 20000n],
    ],
  );
  t.is(parseHardLimits(readFileSync('/proc/self/limits', 'utf8')).size, 16);
});

test('limits that the daemon may not give are cut, with a warning', (t) => {
  const warnings: string[] = [];
  const facts = { hardLimits: new Map([[7, 100n]]), mayRaise: false, warn: (text: string) => void warnings.push(text) };
  const wanted = [
    { type: 'RLIMIT_NOFILE', soft: 200, hard: -1 },
    { type: 'RLIMIT_CORE', soft: 0, hard: 5 },
  ];
  t.deepEqual(effectiveRlimits(wanted, facts), [
    { resource: 7, soft: 100n, hard: 100n },
    { resource: 4, soft: 0n, hard: 5n },
  ]);
  t.is(warnings.length, 1);
  t.deepEqual(effectiveRlimits(wanted, { ...facts, mayRaise: true })[0], {
    resource: 7,
    soft: 200n,
    hard: RLIM_INFINITY,
  });
});

for (const [rlimit, message] of [
  [{ type: 'RLIMIT_X', soft: 0, hard: 0 }, /invalid rlimit type/],
  [{ type: 'toString', soft: 0, hard: 0 }, /invalid rlimit type/],
  [{ type: 'RLIMIT_CORE', soft: 2, hard: 1 }, /soft limit/],
  [{ type: 'RLIMIT_CORE', soft: 0.5, hard: 1 }, /invalid rlimit value/],
] as const) {
  test(`refused: the rlimit ${JSON.stringify(rlimit)}`, (t) => {
    const facts = { hardLimits: new Map<number, bigint>(), mayRaise: true, warn: () => undefined };
    t.throws(() => effectiveRlimits([rlimit], facts), { message });
  });
}

test('sources of bind mounts are what they lead to', (t) => {
  t.is(sourceKind('/proc/self'), 'directory');
  t.is(sourceKind('/dev/null'), 'file');
  t.throws(() => sourceKind('/no/such'), { message: 'bind source path does not exist: /no/such' });
});

test('the mount that holds a path is the deepest one', (t) => {
  const row = (path: string): string => `1 2 0:1 / ${path} rw - x x rw`;
  const mountinfo = ['/', '/run', '/run/tsker', '/runner'].map(row).join('\n');
  t.is(enclosingMount(mountinfo, '/run/tsker/rootfs'), '/run/tsker');
  t.is(enclosingMount(mountinfo, '/run/other'), '/run');
  t.is(enclosingMount(mountinfo, '/var/lib'), '/');
});

test('the maps of a user namespace are in the form of proc, and must be there', (t) => {
  t.is(formatMap([{ containerID: 0, hostID: 100000, size: 65536 }]), '0 100000 65536\n');
  t.throws(() => formatMap([]), { message: /uidMappings/ });
});

test("a user namespace's helper gets the operations of its own namespace only", (t) => {
  const messages = new Uint8Array();
  const ops = namespaceNetworkOps(
    ({ hostNetlink }) => [
      { op: 'NETLINK', slot: hostNetlink, protocol: 0, messages },
      { op: 'NETLINK', slot: -1, protocol: 0, messages },
    ],
    7,
  );
  t.deepEqual(ops, [{ op: 'NETLINK', slot: -1, protocol: 0, messages }]);
});
