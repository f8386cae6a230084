// The mounts of RUN, one type each. Paths are as written: the engine makes them absolute and looks sources up.

interface Owned {
  readonly mode: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** A directory of the build context, or of another stage or image. */
export interface BindMount {
  readonly type: 'bind';
  readonly from: string | undefined;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Kept between builds. */
export interface CacheMount extends Owned {
  readonly type: 'cache';
  /** The target when none was given. */
  readonly id: string;
  /** Where its first content comes from; nowhere when undefined. */
  readonly from: string | undefined;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly sharing: 'shared' | 'private' | 'locked';
}

export interface TmpfsMount {
  readonly type: 'tmpfs';
  readonly target: string;
  readonly readOnly: boolean;
  /** Bytes; 0 without a limit. */
  readonly size: number;
}

export interface SecretMount extends Owned {
  readonly type: 'secret';
  readonly id: string;
  /** Undefined when it is a variable only. */
  readonly target: string | undefined;
  /** The variable that carries it. */
  readonly env: string | undefined;
  readonly required: boolean;
}

export interface SshMount extends Owned {
  readonly type: 'ssh';
  /** `default` when none was given. */
  readonly id: string;
  /** Undefined: the engine chooses. */
  readonly target: string | undefined;
  readonly required: boolean;
}

export type Mount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;
export type MountType = Mount['type'];
