// Commands on several containers or images at once: all are tried, each that worked is reported in the order it was
// named, each that failed has its line on stderr, and one failure makes the exit code 1.
import { messageOf, TskerError } from '../util/errors.ts';
import type { Io } from './io.ts';

/** More at once would only queue in the daemon. */
const AT_ONCE = 32;

export interface TargetsOptions {
  readonly io: Io;
  /** Does it to one; answers what to print, nothing when undefined. */
  readonly act: (target: string) => Promise<string | undefined>;
}

/** Answers the exit code. */
export async function forEachTarget(targets: readonly string[], { io, act }: TargetsOptions): Promise<number> {
  let failed = false;
  for (let start = 0; start < targets.length; start += AT_ONCE) {
    for (const outcome of await Promise.allSettled(targets.slice(start, start + AT_ONCE).map(act))) {
      if (outcome.status === 'rejected') {
        failed = true;
        printError(io, outcome.reason);
      } else if (outcome.value !== undefined) {
        io.stdout.write(`${outcome.value}\n`);
      }
    }
  }
  return failed ? 1 : 0;
}

function printError(io: Io, error: unknown): void {
  const hint = error instanceof TskerError && error.hint !== undefined ? `${error.hint}\n` : '';
  io.stderr.write(`tsker: ${messageOf(error)}\n${hint}`);
}

/** A path of a container, whatever its name holds. */
export function containerPath(name: string, verb?: string): string {
  const path = `/containers/${encodeURIComponent(name)}`;
  return verb === undefined ? path : `${path}/${verb}`;
}

/** A path of a network, whatever its name holds. */
export function networkPath(name: string, verb?: string): string {
  const path = `/networks/${encodeURIComponent(name)}`;
  return verb === undefined ? path : `${path}/${verb}`;
}

/** A path of a volume, whatever its name holds. */
export function volumePath(name: string): string {
  return `/volumes/${encodeURIComponent(name)}`;
}

/** A path of an image: slashes in a reference stay, as the API has them. */
export function imagePath(reference: string, verb?: string): string {
  const path = `/images/${reference.split('/').map(encodeURIComponent).join('/')}`;
  return verb === undefined ? path : `${path}/${verb}`;
}
