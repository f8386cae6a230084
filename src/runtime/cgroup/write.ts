// One value for one file of a cgroup, and the small conversions that the v1 and v2 tables share. Pure.

/** `controller` says in which v1 hierarchy the file is; v2 has one directory for all. */
export interface CgroupWrite {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
}

/** Asks whether the kernel has a file (swap accounting, bfq), so that plans hold no write that must fail. */
export type HasFile = (controller: string, file: string) => boolean;

export interface ResourceWrites {
  readonly writes: readonly CgroupWrite[];
  /** Limits that this kernel cannot give, in words for the user. */
  readonly warnings: readonly string[];
}

/** Collects writes; zero and undefined are `not set` throughout, as in Docker's HostConfig. */
export class WriteList implements ResourceWrites {
  readonly writes: CgroupWrite[] = [];
  readonly warnings: string[] = [];
  readonly #has: HasFile;

  constructor(has: HasFile) {
    this.#has = has;
  }

  has(controller: string, file: string): boolean {
    return this.#has(controller, file);
  }

  add(controller: string, file: string, value: string | number | undefined): void {
    if (value === undefined || value === 0 || value === '') return;
    if (this.has(controller, file)) this.writes.push({ controller, file, value: String(value) });
    else this.warnings.push(`the kernel has no ${file}: the limit ${value} was left out`);
  }
}

/** -1 is `no limit`: `max` in v2 and in pids. */
export function orMax(value: number | undefined): string | number | undefined {
  return value !== undefined && value < 0 ? 'max' : value;
}
