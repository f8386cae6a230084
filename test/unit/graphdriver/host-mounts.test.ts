import test from 'ava';
import { HostMounts } from '../../../src/graphdriver/host-mounts.ts';
import type { DriverNative } from '../../../src/graphdriver/parts.ts';
import type { Op } from '../../../src/native/ops.ts';

const MOUNT: Op = { op: 'BIND', source: '/s', target: '/t', flags: 0, propagation: 0 };

/** A host that only writes down what it is told, and a ledger that can be looked at. */
function setUp(fail: (op: Op) => boolean = () => false) {
  const done: string[] = [];
  const ledger = new Map<number, string>();
  const runPlan = async (ops: readonly Op[]): Promise<void> => {
    for (const op of ops) {
      await Promise.resolve();
      if (fail(op)) throw new Error(`${op.op} failed`);
      done.push(op.op);
    }
  };
  const effects = {
    record: (_owner: string, _kind: string, subject: string): number => {
      ledger.set(ledger.size + 1, subject);
      return ledger.size;
    },
    forget: (id: number): void => void ledger.delete(id),
  };
  const native = { runPlan } as unknown as DriverNative;
  return { mounts: new HostMounts({ home: '/h', native, effects }), done, ledger };
}

test('the first user mounts, the last unmounts', async (t) => {
  const { mounts, done, ledger } = setUp();
  await Promise.all([mounts.mount('a', '/t', [MOUNT]), mounts.mount('a', '/t', [MOUNT])]);
  t.deepEqual(done, ['MKDIRS', 'BIND']);
  t.deepEqual([...ledger.values()], ['/t']);
  await mounts.unmount('a');
  t.true(mounts.isMounted('a'));
  await mounts.unmount('a');
  t.deepEqual(done, ['MKDIRS', 'BIND', 'UMOUNT', 'RMDIR']);
  t.is(ledger.size, 0);
  t.false(mounts.isMounted('a'));
});

test('a mount that fails is undone and leaves nothing, for everybody who waited', async (t) => {
  const { mounts, done, ledger } = setUp((op) => op.op === 'BIND');
  const outcomes = await Promise.allSettled([mounts.mount('a', '/t', [MOUNT]), mounts.mount('a', '/t', [MOUNT])]);
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.deepEqual(done, ['MKDIRS', 'UMOUNT', 'RMDIR']);
  t.is(ledger.size, 0);
  t.false(mounts.isMounted('a'));
});

test('a mount waits for an unmount of the same layer', async (t) => {
  const { mounts, done } = setUp();
  await mounts.mount('a', '/t', [MOUNT]);
  await Promise.all([mounts.unmount('a'), mounts.mount('a', '/t', [MOUNT])]);
  t.deepEqual(done, ['MKDIRS', 'BIND', 'UMOUNT', 'RMDIR', 'MKDIRS', 'BIND']);
});

test('an unmount that fails keeps its entry in the ledger', async (t) => {
  const { mounts, ledger } = setUp((op) => op.op === 'RMDIR');
  await mounts.mount('a', '/t', [MOUNT]);
  await t.throwsAsync(mounts.unmount('a'), { message: 'RMDIR failed' });
  t.is(ledger.size, 1);
});
