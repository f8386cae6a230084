// docker wait: the exit code, now or when it comes.
import type { Waiting } from '../../api/container/backend.ts';
import type { WaitCondition } from '../../types/container.ts';
import type { Container } from './container.ts';
import { isAlive } from './state.ts';

export function waitForContainer(container: Container, condition: WaitCondition): Waiting {
  const { status, exitCode } = container.record.state;
  if (condition === 'not-running' && !isAlive(status) && status !== 'restarting') {
    // An end that is still being dealt with: what the run has on the host is gone when the answer comes, as for those who
    // have waited all the time.
    const settled = container.run?.ended ?? Promise.resolve();
    return { done: settled.then(() => ({ StatusCode: exitCode })), cancel: () => undefined };
  }
  return container.waiters.add(condition);
}
