// A start that is stepped through, and what becomes of it: when it has to begin anew, when its client goes away, when it is given up.
// Needs: root.
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import type { ExplainEvent } from '../../src/types/explain.ts';
import type { HostEffect } from '../../src/types/system.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, startWithBusybox } from './daemon.harness.ts';
import { ofType, parseEvents } from './explain.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
let daemon: Daemon;
/** Milliseconds for what takes a fraction of one second on a machine that is not busy. */
const PATIENCE = { timeout: 40_000 };
const HIERARCHIES = '/sys/fs/cgroup';
const onlyVersion1 = needing(test, { 'cgroup v1': !existsSync(join(HIERARCHIES, 'cgroup.controllers')) });

test.before('a daemon starts', async () => {
  daemon = await startWithBusybox(suite);
});

interface SteppedClient {
  readonly id: string;
  events(): ExplainEvent[];
  /** Waits for the `count`th pause. */
  pause(count: number): Promise<Extract<ExplainEvent, { type: 'pause' }>>;
  act(action: string): Promise<void>;
  goAway(): void;
}

async function step(body: object, options = ''): Promise<SteppedClient> {
  const id = await create(daemon, body);
  const answer = await daemon.stream('POST', `/containers/${id}/start?explain=1&step=1${options}`);
  let text = '';
  answer.on('data', (piece: Buffer) => (text += piece.toString()));
  answer.on('error', () => undefined);
  const events = (): ExplainEvent[] => parseEvents(text);
  return {
    id,
    events,
    pause: (count) => waitFor(`pause ${count}`, () => ofType(events(), 'pause')[count - 1], PATIENCE),
    async act(action) {
      const { status, text: said } = await daemon.api('POST', `/tsker/containers/${id}/step?action=${action}`);
      if (status !== 204) throw new Error(`${action}: ${status} ${said}`);
    },
    goAway: () => answer.destroy(),
  };
}

/** As an engine does that shares the parent and stops: between our making it and the helper's using it. */
function takeParentsAway(parent: string): void {
  for (const name of readdirSync(HIERARCHIES)) {
    const path = join(HIERARCHIES, name, parent);
    if (existsSync(path)) rmdirSync(path);
  }
}

const ended = (id: string) =>
  waitFor(
    'the end of the program',
    async () => {
      const { State } = await inspect<{ State: { Status: string; ExitCode: number } }>(daemon, id);
      return State.Status === 'exited' ? State : undefined;
    },
    PATIENCE,
  );

for (const action of ['continue', 'next'] as const) {
  onlyVersion1(
    `a start that has to begin anew (${action}) is a process with all of its steps (cgroup v1: on v2 the cgroup is made before)`,
    async (t) => {
      const parent = `tsker-test-steps-${process.pid}-${action}`;
      const client = await step({ Cmd: ['sh', '-c', 'exit 7'], HostConfig: { CgroupParent: `/${parent}` } });
      t.teardown(() => daemon.api('DELETE', `/containers/${client.id}?force=1`));
      const first = await client.pause(1);
      takeParentsAway(parent);
      await client.act(action);
      if (action === 'next') {
        const second = await client.pause(2);
        t.is(second.next.index, 0);
        t.not(second.pid, first.pid);
        await client.act('next');
        t.is((await client.pause(3)).next.index, 1);
        await client.act('continue');
      }
      t.is((await ended(client.id)).ExitCode, 7);
      const events = await waitFor('the last event', () => (isOver(client.events()) ? client.events() : undefined));
      const again = events.find((event) => event.type === 'fact' && event.topic === 'again');
      t.true(again?.type === 'fact' && again.topic === 'again' && again.data.attempt === 2);
      const done = events.at(-1);
      t.is(done?.type, 'done');
      t.is(done?.type === 'done' ? done.summary.operations : 0, first.count);
    },
  );
}

const isOver = (events: readonly ExplainEvent[]) => /^(done|failed)$/.test(events.at(-1)?.type ?? '');

test('a client that goes away when it has let go is not missed: the container runs to its end', async (t) => {
  const client = await step({ Cmd: ['sh', '-c', 'sleep 0.2; exit 7'] });
  t.teardown(() => daemon.api('DELETE', `/containers/${client.id}?force=1`));
  await client.pause(1);
  await client.act('next');
  await client.pause(2);
  await client.act('continue');
  client.goAway();
  t.is((await ended(client.id)).ExitCode, 7);
});

test('what was half-built goes with the client, at once: process, cgroup, link and ledger', async (t) => {
  const client = await step({ Cmd: ['true'] });
  const { id } = client;
  t.teardown(() => daemon.api('DELETE', `/containers/${id}?force=1`));
  const { pid, count } = await client.pause(1);
  // Up to the entry of the root: cgroups, namespaces, link and mounts are there by then.
  for (let done = 1; done < count; done += 1) {
    const { next } = await client.pause(done);
    if (next.op === 'PIVOT') break;
    await client.act('next');
  }
  const cgroup = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  t.true(cgroup.includes(id));
  const veths = readdirSync('/sys/class/net').filter((name) => runOf(client.events()).includes(name));
  t.is(veths.length, 1);
  client.goAway();
  await waitFor('the end of the half-built process', () => !existsSync(`/proc/${pid}`), PATIENCE);
  await waitFor('an empty ledger of the run', async () => {
    const effects = (await daemon.api('GET', '/tsker/host')).json<HostEffect[]>();
    return !effects.some(({ Owner }) => Owner === `${id}/run`);
  });
  // A link goes with its namespace, which the kernel takes apart in its own time.
  await waitFor('the end of the link', () => !veths.some((name) => existsSync(`/sys/class/net/${name}`)), PATIENCE);
  const traces = await daemon.traces();
  t.deepEqual(
    traces.filter((trace) => trace.includes(id) && !trace.includes(daemon.root)),
    [],
  );
  t.is((await inspect<{ State: { Status: string } }>(daemon, id)).State.Status, 'created');
});

/** Names of links that the ledger was told. */
function runOf(events: readonly ExplainEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'fact' && event.topic === 'ledger' && event.data.kind === 'veth' ? [event.data.subject] : [],
  );
}
