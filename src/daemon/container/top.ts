// docker top: the processes of a container in the columns of ps, read from /proc by their host pids. It runs no ps.
import type { Runtime } from '../../runtime/runtime.ts';
import type { TopResponse } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import type { EventSink } from '../events.ts';
import type { Container } from './container.ts';
import { emitContainerEvent } from './event.ts';
import { readProcess } from './proc.ts';
import { requireRunning } from './state.ts';
import { COLUMNS, type ProcessFacts, STANDARD_COLUMNS, USER_COLUMNS } from './top-columns.ts';

export interface TopDependencies {
  readonly runtime: Pick<Runtime, 'processes'>;
  readonly events: EventSink;
}

/** `psArguments`: `-ef` (the default), `aux`, or `-o` with a list of columns. Throws `invalid` for others. */
export function topContainer(
  { runtime, events }: TopDependencies,
  container: Container,
  psArguments: string,
): TopResponse {
  requireRunning(container.id, container.record.state.status);
  const columns = columnsOf(psArguments).map((name) => ({ name, ...columnOf(name) }));
  const processes = runtime
    .processes(container.id)
    .map(readProcess)
    .filter((facts): facts is ProcessFacts => facts !== undefined);
  emitContainerEvent(events, container, 'top');
  return {
    Titles: columns.map(({ title }) => title),
    Processes: processes.map((facts) => columns.map(({ value }) => value(facts))),
  };
}

function columnsOf(text: string): readonly string[] {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  const chosen = words.flatMap((word, index) => {
    if (words[index - 1] === '-o') return word.split(',');
    return word.startsWith('-o') && word.length > 2 ? word.slice(2).split(',') : [];
  });
  if (chosen.length > 0) return chosen;
  if (words.some((word) => /^-?aux(ww)?$/.test(word))) return USER_COLUMNS;
  if (words.every((word) => /^-(e|f|ef|fe|a|ww)+$/.test(word))) return STANDARD_COLUMNS;
  throw new TskerError('invalid', `ps: unsupported arguments: ${text}`, { hint: 'use -ef, aux or -o pid,comm,args' });
}

function columnOf(name: string): { readonly title: string; readonly value: (facts: ProcessFacts) => string } {
  // `-o pid=PROCESS` renames a column.
  const [key = '', title] = name.split('=');
  const column = Object.hasOwn(COLUMNS, key.toLowerCase()) ? COLUMNS[key.toLowerCase()] : undefined;
  if (column === undefined)
    throw new TskerError('invalid', `ps: error: unknown user-defined format specifier "${key}"`);
  return title === undefined || title === '' ? column : { ...column, title };
}
