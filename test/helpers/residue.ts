// What an engine keeps: files below its roots, rows of its database, and everything on the host that carries its names. Taken
// before and after something that failed, the two have to be the same.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Daemon } from './daemon.ts';
import { findTraces } from './host.ts';
import { waitFor } from './wait.ts';

/** The history of what happened grows with every failure, and a cache may. */
const HISTORY = new Set(['events', 'sqlite_sequence', 'settings']);
const CACHES = new Set(['seccomp', 'native']);
/** What differs between two entries for the same thing: the ledger's after a restart, a layer's once it is synced. */
const PASSING = new Set(['id', 'created_at', 'synced']);
/** Files of an image's own below overlay/<id>/diff are the image's business. */
const DEPTH = 3;

export type EngineState = readonly string[];

export async function engineState({ root, execRoot, bridge, pid }: Daemon): Promise<EngineState> {
  const { rows, containers } = readDatabase(join(root, 'tsker.db'));
  const traces = await findTraces([root, execRoot, bridge, ...containers]);
  const files = [...filesBelow(root), ...filesBelow(execRoot)].map((path) => `file: ${path}`);
  const others = traces.filter((trace) => !trace.startsWith(`processes: ${pid} `));
  return [...files, ...rows, ...others, ...childrenOf(pid)].sort();
}

/** Waits until the engine is as it was (a client's death is noticed a moment later); what is new when it does not. */
export async function leftSince(daemon: Daemon, before: EngineState, timeout = 5000): Promise<string[]> {
  const known = new Set(before);
  let added: string[] = [];
  const clean = async (): Promise<boolean> => {
    added = (await engineState(daemon)).filter((item) => !known.has(item));
    return added.length === 0;
  };
  await waitFor('the engine to be as before', clean, { timeout, interval: 100 }).catch(() => undefined);
  return added.map((item) => item.slice(0, 300));
}

/** Descriptors the process has open, as what they are. */
export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function filesBelow(path: string, depth = DEPTH): string[] {
  if (depth === 0 || !existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('tsker.db') && !CACHES.has(name))
    .flatMap((entry) => {
      const name = join(path, entry.name);
      return entry.isDirectory() ? [name, ...filesBelow(name, depth - 1)] : [name];
    });
}

/** All rows as text, and the ids of all containers that ever were: cgroups and mounts are named after them. */
function readDatabase(path: string): { rows: string[]; containers: string[] } {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const tables = names.map(({ name }) => String(name)).filter((name) => !HISTORY.has(name));
    const rows = tables.flatMap((table) =>
      db
        .prepare(`SELECT * FROM ${table}`)
        .all()
        .map((row) => `row: ${table} ${JSON.stringify(lasting(table, row))}`),
    );
    const events = db.prepare('SELECT document FROM events').all();
    // An event is stored a moment after it happened: a container may be there before its first.
    const present = db.prepare('SELECT id FROM containers').all();
    const past = events.flatMap(({ document }) => /"id":"([0-9a-f]{64})"/.exec(String(document))?.[1] ?? []);
    return { rows, containers: [...new Set([...past, ...present.map(({ id }) => String(id))])] };
  } finally {
    db.close();
  }
}

function lasting(table: string, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (table !== 'ledger' && table !== 'layers') return row;
  return Object.fromEntries(Object.entries(row).filter(([column]) => !PASSING.has(column)));
}

function childrenOf(parent: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const status = readStatus(pid);
      return /^PPid:\s+(\d+)$/m.exec(status)?.[1] === String(parent) ? [`child: ${pid}`] : [];
    });
}

function readStatus(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
