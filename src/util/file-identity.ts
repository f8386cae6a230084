// What tells a file from all others of this machine, and from what it was before: written by a client, compared by the daemon. Pure.
import type { BigIntStats } from 'node:fs';

/** A file of this machine, of which nothing may be another than the client saw; numbers as text, for they pass 2^53. */
export interface FileIdentity {
  /** Absolute. */
  readonly Path: string;
  readonly Device: string;
  readonly Inode: string;
  /** Bytes. */
  readonly Size: string;
  /** Nanoseconds. */
  readonly Modified: string;
}

/** `path` is absolute. */
export function identityOf(path: string, { dev, ino, size, mtimeNs }: BigIntStats): FileIdentity {
  return { Path: path, Device: `${dev}`, Inode: `${ino}`, Size: `${size}`, Modified: `${mtimeNs}` };
}

/** Whatever its path. */
export function isSameFile({ dev, ino, size, mtimeNs }: BigIntStats, identity: FileIdentity): boolean {
  const { Device, Inode, Size, Modified } = identity;
  return [dev, ino, size, mtimeNs].join() === [Device, Inode, Size, Modified].join();
}
