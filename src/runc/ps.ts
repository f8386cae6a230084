// `ps`: the processes of a container, as the host's ps shows them, or their pids as JSON (which is what shims ask for).
import { execFileSync } from 'node:child_process';
import { listProcesses } from '../runtime/cgroup/control.ts';
import { TskerError } from '../util/errors.ts';
import { print } from './output.ts';
import type { Invocation } from './table.ts';

export async function ps({ session: { store }, options, words }: Invocation): Promise<number> {
  const [id = '', ...psArgs] = words;
  const pids = listProcesses(store.read(id).cgroups);
  const format = options.text('format') ?? 'table';
  if (format === 'json') {
    print(JSON.stringify(pids));
    return 0;
  }
  if (format !== 'table') throw new TskerError('invalid', 'invalid format option');
  const output = execFileSync('ps', psArgs.length === 0 ? ['-ef'] : psArgs, { encoding: 'utf8' });
  print(filterRows(output, new Set(pids)));
  return 0;
}

/** The heading and the rows of these processes. Pure; throws `invalid` when there is no column PID. */
export function filterRows(output: string, pids: ReadonlySet<number>): string {
  const [heading = '', ...rows] = output.split('\n');
  const column = heading.trim().split(/\s+/).indexOf('PID');
  if (column < 0) throw new TskerError('invalid', "couldn't find PID field in ps output");
  const wanted = rows.filter((row) => pids.has(Number(row.trim().split(/\s+/)[column])));
  return [heading, ...wanted].map((line) => `${line}\n`).join('');
}
