// docker wait: the exit code, now or when it comes.
import type { Waiting } from '../../api/container/backend.ts';
import type { WaitCondition } from '../../types/container.ts';
import type { Container } from './container.ts';
import { isAlive } from './state.ts';

export function waitForContainer(container: Container, condition: WaitCondition): Waiting {
  const { status, exitCode } = container.record.state;
  if (condition === 'not-running' && !isAlive(status) && status !== 'restarting') {
    return { done: Promise.resolve({ StatusCode: exitCode }), cancel: () => undefined };
  }
  return container.waiters.add(condition);
}
