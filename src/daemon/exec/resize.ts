// Resizing the terminal of an exec. Clients send the size right behind the start: one that is being started is waited for.
import { setTimeout as sleep } from 'node:timers/promises';
import { TskerError } from '../../util/errors.ts';
import type { TerminalSize } from '../container/io.ts';
import { requireActive } from './active.ts';
import type { Exec } from './exec.ts';

/** Milliseconds, as in Docker. */
const PATIENCE = 10_000;

export async function resizeExec(exec: Exec, size: TerminalSize): Promise<void> {
  requireActive(exec.container);
  const timer = new AbortController();
  const late = sleep(PATIENCE, 'late', { signal: timer.signal }).catch(() => 'late');
  const outcome = await Promise.race([exec.settled, late]);
  timer.abort();
  if (outcome === 'late') throw new TskerError('conflict', 'timeout waiting for exec session ready');
  if (exec.pid === 0) throw new TskerError('invalid', 'exec process is not started');
  await exec.io?.resize(size);
}
