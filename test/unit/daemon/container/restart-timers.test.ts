import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { Container } from '../../../../src/daemon/container/container.ts';
import { RestartTimers } from '../../../../src/daemon/container/restart-timers.ts';
import type { Logger } from '../../../../src/util/log.ts';

const container = (id: string): Container => ({ id }) as Container;

function timers(restart: (container: Container) => Promise<void>) {
  const warnings: string[] = [];
  const log: Logger = { debug: () => {}, info: () => {}, error: () => {}, warn: (text) => void warnings.push(text) };
  return { timers: new RestartTimers({ restart, log }), warnings };
}

test('a container is started when its time has come, and only once', async (t) => {
  const started: string[] = [];
  const { timers: it } = timers(async ({ id }) => void started.push(id));
  it.schedule(container('a'), 1000);
  it.schedule(container('a'), 1);
  it.schedule(container('b'), 1);
  it.cancel(container('b'));
  await sleep(30);
  t.deepEqual(started, ['a']);
  it.close();
});

test('what is closed starts nothing any more', async (t) => {
  const { timers: it } = timers(async () => t.fail());
  it.schedule(container('a'), 1);
  it.close();
  it.schedule(container('b'), 1);
  await sleep(20);
  t.pass();
});

test('a start that fails is said', async (t) => {
  const { timers: it, warnings } = timers(() => Promise.reject(new Error('no')));
  it.schedule(container('a'), 1);
  await sleep(20);
  t.is(warnings.length, 1);
});
