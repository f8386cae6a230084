// `kill`: a signal to the first process, or with --all to every one.
import { parseSignal } from '../native/signals.ts';
import { freeze, hasFreezer, listProcesses, thaw } from '../runtime/cgroup/control.ts';
import { errnoText } from '../runtime/reasons.ts';
import { TskerError } from '../util/errors.ts';
import { isAlive, statusOf } from './status.ts';
import { type Container, isErrno } from './store.ts';
import type { Invocation } from './table.ts';

export async function kill({ session, options, words }: Invocation): Promise<number> {
  const [id = '', text = 'SIGTERM'] = words;
  const container = session.store.read(id);
  const signal = /^\d+$/.test(text) ? Number(text) : parseSignal(text);
  if (signal === undefined) throw new TskerError('invalid', `unknown signal ${JSON.stringify(text)}`);
  if (options.has('all')) {
    await killAll(container, signal, statusOf(container, session.store) === 'paused');
    return 0;
  }
  if (container.pid === 0 || !isAlive(container)) throw new TskerError('conflict', 'container not running');
  sendSignal(container.pid, signal);
  return 0;
}

/** Frozen meanwhile, so that nobody is born behind our back. */
async function killAll({ cgroups }: Container, signal: number, paused: boolean): Promise<void> {
  if (listProcesses(cgroups).length === 0) return;
  const freezes = hasFreezer(cgroups) && !paused;
  if (freezes) await freeze(cgroups);
  try {
    for (const pid of listProcesses(cgroups)) sendSignal(pid, signal);
  } finally {
    if (freezes) thaw(cgroups);
  }
}

/** False signals are refused in the kernel's words; a process that is gone is none. */
export function sendSignal(pid: number, signal: number): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (isErrno(error, 'ESRCH')) return;
    const { errno = 0 } = error as NodeJS.ErrnoException;
    throw new TskerError('invalid', `unable to signal init: ${errnoText(-errno)}`, { cause: error });
  }
}
