// What the engine keeps below its root: every byte has its part in system df, and nothing stays once what it was for is gone,
// whatever crashed in between. Needs root.
import { lstatSync, readdirSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DiskPart } from '../../src/types/disk-usage.ts';
import { busyboxEntries } from '../helpers/busybox.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { makeTar } from '../helpers/tar.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

/** Names below a directory, without what is mounted there. */
function walk(path: string, visit: (path: string) => void): void {
  const { dev } = lstatSync(path);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const name = join(path, entry.name);
    visit(name);
    if (entry.isDirectory() && lstatSync(name).dev === dev) walk(name, visit);
  }
}

/** What the engine keeps for itself: its database, what it made once for all containers, and what it remembers. */
const OWN = /^\/(tsker\.db(-wal|-shm|-moved)?|(init|native|seccomp)(\/.*)?|overlay\/(empty|l)|contexts)$/;

function filesOf({ root }: Daemon): string[] {
  const found: string[] = [];
  walk(root, (path) => found.push(path.slice(root.length)));
  return found.filter((path) => !OWN.test(path)).sort();
}

/** Makes something of every kind that leaves files. */
async function useEverything(daemon: Daemon): Promise<void> {
  const { ok } = daemon.tsker;
  const { id } = await runToEnd(daemon, { Cmd: ['sh', '-c', 'seq 1 5000; mkdir /made; seq 1 5000 >/made/file'] });
  await ok(['commit', id, 'committed']);
  await ok(['import', '-', 'imported'], { input: makeTar(await busyboxEntries()) });
  await create(daemon, { Image: 'committed' }, 'created');
  const log = { LogConfig: { Type: 'local', Config: {} } };
  await runToEnd(daemon, { Cmd: ['seq', '1', '1000'], HostConfig: log });
  const rotated = { LogConfig: { Type: 'json-file', Config: { 'max-size': '4k', 'max-file': '3', compress: 'true' } } };
  await runToEnd(daemon, { Cmd: ['seq', '1', '1000'], HostConfig: rotated });
  await start(daemon, { Cmd: ['sleep', '1000'], HostConfig: { IpcMode: 'shareable' } }, 'running');
  await ok(['save', '-o', join(daemon.root, '../saved.tar'), 'committed']);
  await ok(['load', '-i', join(daemon.root, '../saved.tar')]);
  await daemon.tsker.run(['import', '-', 'broken'], { input: 'this is no archive'.repeat(100) });
}

async function removeEverything(daemon: Daemon): Promise<void> {
  const containers = (await daemon.tsker.ok(['ps', '-aq'])).split('\n').filter((id) => id !== '');
  if (containers.length > 0) await daemon.tsker.ok(['rm', '-f', ...containers]);
  await daemon.tsker.ok(['image', 'prune', '-af']);
}

async function nothingStays(t: ExecutionContext, daemon: Daemon, before: readonly string[]): Promise<void> {
  const known = new Set(before);
  const extra = (): string[] => filesOf(daemon).filter((path) => !known.has(path));
  await waitFor('the root to be empty again', () => extra().length === 0).catch(() => undefined);
  t.deepEqual(extra(), []);
}

test('system df accounts for every byte below the root', async (t) => {
  const daemon = await startWithBusybox(t);
  await useEverything(daemon);
  const parts = (await daemon.api('GET', '/tsker/disk')).json<DiskPart[]>();
  const byName = new Map(parts.map(({ Name, Size }) => [Name, Size]));
  t.is(byName.get('Other'), undefined, 'nothing is unaccounted for');
  for (const name of ['Image layers', 'Container layers', 'Layer recordings', 'Logs', 'Database', 'Container files']) {
    t.true((byName.get(name) ?? 0) > 0, name);
  }
  let size = 0;
  const seen = new Set<number>();
  walk(daemon.root, (path) => {
    const { ino, blocks } = lstatSync(path);
    if (seen.has(ino)) return;
    seen.add(ino);
    if (!path.startsWith(join(daemon.root, 'tsker.db'))) size += blocks * 512;
  });
  const told = parts.filter(({ Name }) => Name !== 'Database').reduce((sum, { Size }) => sum + Size, 0);
  t.is(told, size);
  const text = await daemon.tsker.ok(['system', 'df', '-v']);
  t.regex(text, /^Data root space usage:\n\nPART +FILES +SIZE\n/m);
  t.regex(text, /^Total +\d+ +\d+(\.\d+)?[kM]B$/m);
});

test('what was for containers and images is gone with them', async (t) => {
  const daemon = await startWithBusybox(t);
  await removeEverything(daemon);
  const before = filesOf(daemon);
  await daemon.tsker.ok(['import', '-', 'busybox'], { input: makeTar(await busyboxEntries()) });
  await useEverything(daemon);
  t.true(filesOf(daemon).length > before.length + 100);
  await removeEverything(daemon);
  await nothingStays(t, daemon, before);
});

/** An import whose stream is begun and goes no further; resolves once the engine unpacks it. */
async function stalledImport(daemon: Daemon): Promise<ClientRequest> {
  const tar = makeTar([{ path: 'large', content: Buffer.alloc(2_000_000, 'x') }]);
  const path = '/images/create?fromSrc=-&repo=never';
  const sent = request({ socketPath: daemon.socket, method: 'POST', path, headers: { 'Content-Length': tar.length } });
  sent.on('error', () => undefined);
  const layers = (): number => readdirSync(join(daemon.root, 'overlay')).length;
  const before = layers();
  sent.write(tar.subarray(0, 1_000_000));
  await waitFor('the engine unpacks', () => layers() > before);
  return sent;
}

test('after a crash in the middle of everything nothing stays either', async (t) => {
  const daemon = await startWithBusybox(t);
  await removeEverything(daemon);
  const before = filesOf(daemon);
  for (const round of [1, 2]) {
    await daemon.tsker.ok(['import', '-', 'busybox'], { input: makeTar(await busyboxEntries()) });
    await useEverything(daemon);
    const stalled = await stalledImport(daemon);
    const churn = Array.from({ length: 3 }, async () => {
      for (;;) await runToEnd(daemon, { Cmd: ['true'], HostConfig: { AutoRemove: true } });
    });
    const commits = (async () => {
      for (;;) await daemon.tsker.ok(['commit', 'running', `again-${round}`]);
    })();
    const over = Promise.allSettled([...churn, commits]);
    await daemon.tsker.ok(['ps']);
    await daemon.kill();
    await over;
    stalled.destroy();
    await daemon.start();
    await removeEverything(daemon);
    await nothingStays(t, daemon, before);
  }
});
