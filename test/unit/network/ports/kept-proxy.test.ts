import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { ExitStatus, Spawned } from '../../../../src/native/native.ts';
import { KeptProxy } from '../../../../src/network/ports/kept-proxy.ts';
import { waitFor } from '../../../helpers/wait.ts';

/** A proxy that ends when it is told to. */
class FakeProxy implements Spawned {
  readonly pid = 1;
  readonly pidfd = 1;
  readonly started: Promise<void>;
  readonly #ended = Promise.withResolvers<ExitStatus>();
  readonly signals: number[] = [];

  constructor(started: Promise<void> = Promise.resolve()) {
    this.started = started;
    started.catch(() => undefined);
  }

  get exited(): Promise<ExitStatus> {
    return this.#ended.promise;
  }

  finish(status: ExitStatus): void {
    this.#ended.resolve(status);
  }

  signal(signal: number): boolean {
    this.signals.push(signal);
    this.finish({ code: 128 + signal, signal });
    return true;
  }
}

const KILLED: ExitStatus = { code: 137, signal: 9 };

function keep(options: { readonly delays: readonly number[]; readonly steadyAfter?: number; fail?: () => boolean }) {
  const begun: FakeProxy[] = [];
  const warnings: string[] = [];
  const { fail = () => false, ...rest } = options;
  const kept = new KeptProxy({
    ...rest,
    port: '80/tcp',
    warn: (message) => warnings.push(message),
    start: () => {
      if (fail()) throw new Error('no process could be made');
      const proxy = new FakeProxy();
      begun.push(proxy);
      return proxy;
    },
  });
  const kill = async (index: number): Promise<void> => {
    await waitFor(`start ${index}`, () => begun.length > index, { interval: 1 });
    begun[index]?.finish(KILLED);
  };
  return { kept, begun, warnings, kill };
}

test('a proxy that ends by itself is started again, and the log is told why', async (t) => {
  const { kept, begun, warnings, kill } = keep({ delays: [1, 1] });
  await kill(0);
  await waitFor('another', () => begun.length === 2, { interval: 1 });
  t.deepEqual(warnings, ['the proxy of port 80/tcp was ended by SIGKILL; it is started again']);
  await kept.end();
  t.deepEqual(begun[1]?.signals, [9]);
});

test('one that never lives long is given up, and that is said once', async (t) => {
  const { begun, warnings, kill, kept } = keep({ delays: [1, 1] });
  for (const index of [0, 1, 2]) await kill(index);
  await waitFor('the last word', () => warnings.length === 3, { interval: 1 });
  t.regex(
    warnings[2] ?? '',
    /^the proxy of port 80\/tcp was ended by SIGKILL, 3 times in a row: it is not started again/,
  );
  await sleep(20);
  t.is(begun.length, 3);
  await kept.end();
});

test('an end after a long life is not one of a row', async (t) => {
  const { warnings, begun, kill, kept } = keep({ delays: [1], steadyAfter: 0 });
  for (const index of [0, 1, 2, 3]) await kill(index);
  await waitFor('the fifth', () => begun.length === 5, { interval: 1 });
  t.false(warnings.some((one) => one.includes('not started again')));
  await kept.end();
});

test('a start that fails later is one more of a row; the first is told to the caller', async (t) => {
  let fails = true;
  t.throws(() => keep({ delays: [1], fail: () => fails }), { message: 'no process could be made' });
  fails = false;
  const { warnings, kill, kept } = keep({ delays: [1, 1], fail: () => fails });
  fails = true;
  await kill(0);
  await waitFor('it to be given up', () => warnings.length === 3, { interval: 1 });
  t.regex(warnings[1] ?? '', /did not start: no process could be made; it is started again$/);
  t.regex(warnings[2] ?? '', /did not start: no process could be made, 3 times in a row/);
  await kept.end();
});

test('who ends it between two lives has ended it', async (t) => {
  const { begun, warnings, kill, kept } = keep({ delays: [5] });
  await kill(0);
  await waitFor('the warning', () => warnings.length === 1, { interval: 1 });
  await kept.end();
  await sleep(20);
  t.is(begun.length, 1);
});
