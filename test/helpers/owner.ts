// Who cleans up: AVA's `t`, or a whole test file through its `after.always` hook (hooks have no t.teardown).
import type { TestFn } from 'ava';

/** Anything that runs functions at its end, the last given first. AVA's `t` is one. */
export interface Owner {
  teardown(fn: () => void | Promise<void>): void;
}

/** An owner that lives as long as the test file: `const suite = suiteOwner(test)` at the top of the file. */
export function suiteOwner(test: TestFn): Owner {
  const stack: (() => void | Promise<void>)[] = [];
  test.after.always('give back what the suite started', () => runAll(stack));
  return { teardown: (fn) => void stack.push(fn) };
}

/** Runs them all, last first, whatever fails on the way; throws what failed at the end. */
async function runAll(stack: (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let fn = stack.pop(); fn !== undefined; fn = stack.pop()) {
    try {
      await fn();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(String).join('\n'));
}
