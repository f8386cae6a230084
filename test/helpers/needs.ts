// Tests that need what a machine may lack: a program, a kernel's feature, the built executable. They are declared anyway, and skipped
// under a title that says for want of what, so that a run prints it.
import type { ExecutionContext } from 'ava';

/** What is needed, in the words of the report, and whether it is there. */
export type Needs = Readonly<Record<string, boolean>>;

type Declare = (title: string, body: (t: ExecutionContext) => Promise<void> | void) => void;

/** As `declare`, `test` or `test.serial`, where everything needed is there. */
export function needing(declare: Declare & { readonly skip: Declare }, needs: Needs): Declare {
  const missing = Object.keys(needs).filter((name) => needs[name] !== true);
  if (missing.length === 0) return declare;
  return (title, body) => declare.skip(`${title} (skipped: needs ${missing.join(', ')})`, body);
}
