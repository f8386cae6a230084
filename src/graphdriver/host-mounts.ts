// Mounts of layers on the host, for copying in and out: made at the first request, gone after the last release, written
// in the ledger while they exist. How a layer is mounted is the driver's business.

import { MNT_DETACH } from '../native/linux.ts';
import type { Op } from '../native/ops.ts';
import { withCleanupFailure } from '../util/errors.ts';
import type { DriverParts } from './parts.ts';

interface Mounted {
  users: number;
  readonly undo: readonly Op[];
  readonly target: string;
  readonly entry: number;
  readonly ready: Promise<void>;
}

export class HostMounts {
  readonly #parts: DriverParts;
  readonly #mounted = new Map<string, Mounted>();
  /** Unmounts under way, which a mount of the same layer waits for. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(parts: DriverParts) {
    this.#parts = parts;
  }

  /**
   * Mounts with `ops` onto `target` (made here), or joins the mount that exists; `undo` is what to do once it is unmounted.
   * Returns the target.
   */
  async mount(id: string, target: string, ops: readonly Op[], undo: readonly Op[] = []): Promise<string> {
    await this.#leaving.get(id)?.catch(() => undefined); // its own caller was told
    const mounted = this.#mounted.get(id) ?? this.#start(id, target, { ops, undo: [...undoOps(target), ...undo] });
    mounted.users += 1;
    await mounted.ready;
    return mounted.target;
  }

  /** Takes one mount() back. */
  async unmount(id: string): Promise<void> {
    const mounted = this.#mounted.get(id);
    if (mounted === undefined) return;
    mounted.users -= 1;
    if (mounted.users > 0) return;
    this.#mounted.delete(id);
    const leaving = this.#undo(mounted);
    this.#leaving.set(id, leaving);
    try {
      await leaving;
    } finally {
      this.#leaving.delete(id);
    }
  }

  isMounted(id: string): boolean {
    return this.#mounted.has(id) || this.#leaving.has(id);
  }

  #start(id: string, target: string, { ops, undo }: { ops: readonly Op[]; undo: readonly Op[] }): Mounted {
    const entry = this.#parts.effects.record('daemon', 'mount', target, undo);
    const mounted: Mounted = { users: 0, undo, target, entry, ready: this.#make(id, target, ops) };
    this.#mounted.set(id, mounted);
    return mounted;
  }

  async #make(id: string, target: string, ops: readonly Op[]): Promise<void> {
    try {
      await this.#parts.native.runPlan([{ op: 'MKDIRS', path: target, mode: 0o700 }, ...ops]);
    } catch (error) {
      const mounted = this.#mounted.get(id);
      this.#mounted.delete(id);
      try {
        if (mounted !== undefined) await this.#undo(mounted);
      } catch (cleanup) {
        throw withCleanupFailure(error, cleanup);
      }
      throw error;
    }
  }

  async #undo({ undo, entry }: Mounted): Promise<void> {
    await this.#parts.native.runPlan(undo);
    this.#parts.effects.forget(entry);
  }
}

/** Tolerates that nothing is mounted there, or that there is no such place. */
function undoOps(target: string): Op[] {
  return [
    { op: 'UMOUNT', target, flags: MNT_DETACH, optional: true },
    { op: 'RMDIR', path: target, tolerate: 2 },
  ];
}
