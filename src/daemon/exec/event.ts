// Events of execs: those of their container, with the exec's id; the action holds the command line.
import { emitContainerEvent } from '../container/event.ts';
import type { EventSink } from '../events.ts';
import type { Exec } from './exec.ts';

export function emitExecEvent(
  events: EventSink,
  exec: Exec,
  action: 'exec_create' | 'exec_start' | 'exec_die' | 'exec_detach',
): void {
  const { container, id, exitCode, config } = exec;
  const [program, ...args] = config.command;
  const named = action === 'exec_create' || action === 'exec_start';
  // The space is there without arguments too, as in Docker.
  emitContainerEvent(events, container, named ? `${action}: ${program} ${args.join(' ')}` : action, {
    execID: id,
    ...(exitCode === undefined ? {} : { exitCode: String(exitCode) }),
  });
}
