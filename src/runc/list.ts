// `list`: the containers below --root, as a table, as JSON, or their ids.
import { readFileSync, statSync } from 'node:fs';
import { parsePasswd } from '../runtime/passwd.ts';
import { TskerError } from '../util/errors.ts';
import { formatTable, print } from './output.ts';
import { type ContainerState, describe } from './state.ts';
import type { Store } from './store.ts';
import type { Invocation } from './table.ts';

export async function list({ session: { store }, options }: Invocation): Promise<number> {
  const format = options.text('format') ?? 'table';
  if (options.has('quiet')) {
    for (const id of store.ids()) print(`${id}\n`);
    return 0;
  }
  if (format !== 'table' && format !== 'json') throw new TskerError('invalid', 'invalid format option');
  const states = store.ids().flatMap((id) => describeFound(store, id));
  if (format === 'json') print(JSON.stringify(states.length === 0 ? null : states));
  else print(formatTable([HEADINGS, ...states.map(toRow)]));
  return 0;
}

const HEADINGS = ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'];

function toRow({ id, pid, status, bundle, created, owner }: ContainerState): string[] {
  return [id, String(pid), status, bundle, created, owner];
}

/** Others come and go meanwhile. */
function describeFound(store: Store, id: string): ContainerState[] {
  const container = store.find(id);
  const directory = statSync(store.path(id), { throwIfNoEntry: false });
  return container === undefined || directory === undefined ? [] : [describe(container, store, nameOf(directory.uid))];
}

function nameOf(uid: number): string {
  const entry = parsePasswd(readFileSync('/etc/passwd', 'utf8')).find((one) => one.uid === uid);
  return entry?.name ?? `#${uid}`;
}
