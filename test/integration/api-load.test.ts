// Many clients at once, each doing what clients do: no error that is the engine's, no descriptor lost, memory flat, and the list answered
// quickly beside 200 containers. TSKER_LOAD_CLIENTS and TSKER_LOAD_SECONDS set the size; by hand 200 clients, 150 seconds a round, and
// TSKER_LOAD_STRICT=1, which holds the list to 30 ms. Needs root.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { Daemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { openDescriptors } from '../helpers/residue.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, startWithBusybox } from './daemon.harness.ts';

const CLIENTS = Number(process.env['TSKER_LOAD_CLIENTS'] ?? 20);
const SECONDS = Number(process.env['TSKER_LOAD_SECONDS'] ?? 5);
const STRICT = process.env['TSKER_LOAD_STRICT'] === '1';
const CONTAINERS = 200;
/** As many rounds the memory may take to become flat. */
const ROUNDS = 5;
const FLAT = 1.1;

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

/** Answers of the engine's own failing; what another client has done meanwhile is none of its. */
type Note = (what: string, status: number, text: string) => void;

async function ask(daemon: Daemon, note: Note, line: string, body?: unknown): Promise<string> {
  const [method = '', path = ''] = line.split(' ');
  const { status, text } = await call({ target: daemon.socket, method, path, body });
  note(line, status, text);
  return text;
}

/** Opens a stream, reads a little of it, hangs up. */
async function listen(daemon: Daemon, line: string): Promise<void> {
  const [method = '', path = ''] = line.split(' ');
  const stream = await daemon.stream(method, path);
  stream.on('error', () => undefined).resume();
  await sleep(20);
  stream.destroy();
}

/** One container's life, with everything around it. */
async function live(daemon: Daemon, note: Note): Promise<void> {
  const body = { Image: 'busybox', Cmd: ['sh', '-c', 'echo begun; sleep 100'], HostConfig: { NetworkMode: 'none' } };
  const created = await ask(daemon, note, 'POST /containers/create', body);
  const { Id: id }: { Id?: string } = JSON.parse(created);
  if (id === undefined) return;
  try {
    const attached = listen(daemon, `POST /containers/${id}/attach?stream=1&stdout=1`);
    await ask(daemon, note, `POST /containers/${id}/start`);
    await attached;
    await listen(daemon, `GET /containers/${id}/logs?stdout=1&follow=1`);
    await ask(daemon, note, `GET /containers/${id}/json`);
    const made = await ask(daemon, note, `POST /containers/${id}/exec`, { Cmd: ['true'] });
    const { Id: exec }: { Id?: string } = JSON.parse(made);
    if (exec !== undefined) await ask(daemon, note, `POST /exec/${exec}/start`, { Detach: true });
    await ask(daemon, note, `POST /containers/${id}/kill`);
    await ask(daemon, note, `POST /containers/${id}/wait`);
  } finally {
    await ask(daemon, note, `DELETE /containers/${id}?force=1`);
  }
}

async function load(daemon: Daemon, note: Note): Promise<void> {
  const end = Date.now() + SECONDS * 1000;
  const client = async (_: unknown, index: number): Promise<void> => {
    while (Date.now() < end) {
      if (index % 4 === 0) {
        await live(daemon, note);
      } else if (index % 4 === 1) await listen(daemon, 'GET /events');
      else await ask(daemon, note, 'GET /containers/json?all=1');
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** V8's heap grows with what is asked of it at once, and stops; what is lost in every round does not. */
function isFlat(memory: readonly number[]): boolean {
  const [before = 0, last = 0] = memory.slice(-2);
  return memory.length > 1 && last < before * FLAT;
}

/** Resident megabytes after each round, until they grow no more. */
async function loadUntilFlat(daemon: Daemon, note: Note): Promise<number[]> {
  const memory = [residentMegabytes(daemon.pid)];
  for (let round = 0; round < ROUNDS; round += 1) {
    await load(daemon, note);
    memory.push(residentMegabytes(daemon.pid));
    if (isFlat(memory)) break;
  }
  return memory;
}

async function timeOfList(daemon: Daemon, t: ExecutionContext): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 300; count += 1) {
    const began = performance.now();
    await call({ target: daemon.socket, method: 'GET', path: '/containers/json?all=1' });
    times.push(performance.now() - began);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const [median = 0, p99 = 0] = [sorted[150], sorted[296]];
  t.log(`GET /containers/json with ${CONTAINERS} containers: median ${median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  return p99;
}

test(`${CLIENTS} clients for ${SECONDS} seconds`, async (t) => {
  t.timeout(120_000 + SECONDS * 1000 * (ROUNDS + 2));
  const daemon = await startWithBusybox(t);
  for (let count = 0; count < CONTAINERS; count += 1) await create(daemon, { HostConfig: { NetworkMode: 'none' } });
  const p99 = await timeOfList(daemon, t);
  if (STRICT) t.true(p99 < 30, `p99 ${p99}`);
  const offences: string[] = [];
  const note: Note = (what, status, text) => {
    if (status >= 500) offences.push(`${what}: ${status} ${text.slice(0, 200)}`);
  };
  // What is loaded and cached at the first use is no loss.
  await Promise.all([live(daemon, note), live(daemon, note), listen(daemon, 'GET /events')]);
  await load(daemon, note);
  const descriptors = openDescriptors(daemon.pid);
  const memory = await loadUntilFlat(daemon, note);
  t.log(`${memory.map((megabytes) => megabytes.toFixed(0)).join(', ')} MB`);
  t.deepEqual(offences, []);
  await waitFor('descriptors to be closed', () => openDescriptors(daemon.pid) <= descriptors, { timeout: 30_000 });
  t.true(isFlat(memory), 'every round needs more memory');
  t.notRegex(daemon.output(), /a defect:/);
});
