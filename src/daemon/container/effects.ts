// Who owns what in the ledger: what a container keeps until its removal under its id, what one run made under a name of its
// own, so that the end of a run leaves the rest alone.
import type { Effects } from '../../runtime/runtime.ts';
import type { Ledger } from '../../store/ledger.ts';

const RUN_SUFFIX = '/run';

/** Of a container or of a build's step. */
export function isRunOwner(owner: string): boolean {
  return owner.endsWith(RUN_SUFFIX);
}

/** The ledger's owner for the present run. */
export function runOwner(id: string): string {
  return `${id}${RUN_SUFFIX}`;
}

/** The container an owner of the ledger belongs to; undefined for the daemon's own entries. */
export function containerOfOwner(owner: string): string | undefined {
  const id = owner.endsWith(RUN_SUFFIX) ? owner.slice(0, -RUN_SUFFIX.length) : owner;
  return /^[0-9a-f]{64}$/.test(id) ? id : undefined;
}

export function runEffects(ledger: Pick<Ledger, 'record'>, id: string): Effects {
  return {
    record: (kind, subject, undo) => void ledger.record(runOwner(id), kind, subject, undo),
  };
}
