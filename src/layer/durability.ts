// Which layers would survive a power cut. Files are not synced one by one: a while after layers were committed the whole
// file system is, and the rows say so. After a cut, which a new boot id shows, layers without that mark are given up.
import type { Native } from '../native/native.ts';
import { messageOf } from '../util/errors.ts';
import type { Logger } from '../util/log.ts';
import type { LayerRows } from './rows.ts';
import type { Layer } from './store.types.ts';

/** Milliseconds without a commit after which layers are synced: a pull of many layers is synced once. */
const QUIET = 2000;
const SETTING = 'layers-boot-id';

export interface DurabilityOptions {
  readonly rows: LayerRows;
  readonly native: Pick<Native, 'runPlan'>;
  /** A directory on the layers' file system. */
  readonly path: string;
  readonly settings: { get(key: string): string | undefined; set(key: string, value: string): void };
  /** Changes with every boot of the machine. */
  readonly bootId: string;
  readonly log: Pick<Logger, 'warn'>;
}

export class Durability {
  readonly #options: DurabilityOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DurabilityOptions) {
    this.#options = options;
  }

  /** Sees to it that what was committed is synced soon. */
  committed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#syncInBackground(), QUIET);
    this.#timer.unref();
  }

  /** Resolves when every layer committed before the call is on the disk. */
  async sync(): Promise<void> {
    clearTimeout(this.#timer);
    const { rows, native, path } = this.#options;
    const pending = rows.pending();
    if (pending.length === 0) return;
    await native.runPlan([{ op: 'SYNCFS', path }]);
    rows.setSynced(pending);
  }

  /** After a reboot: the layers whose files cannot be trusted. Call `settled` when they have been dealt with. */
  untrusted(): Layer[] {
    const { rows, settings, bootId } = this.#options;
    const last = settings.get(SETTING);
    return last === undefined || last === bootId ? [] : rows.pending();
  }

  settled(): void {
    this.#options.settings.set(SETTING, this.#options.bootId);
  }

  /** A failure costs nothing now: the rows stay unmarked, and the next commit tries again. */
  async #syncInBackground(): Promise<void> {
    try {
      await this.sync();
    } catch (error) {
      this.#options.log.warn('layers could not be synced to disk', { error: messageOf(error) });
    }
  }
}
