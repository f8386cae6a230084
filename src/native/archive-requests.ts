// Archives and trees as the native library is asked for them: layers unpacked and written, paths of a root packed, placed and
// looked at. Types only; archives.ts asks.
import type { Op } from './ops.ts';

export interface ExtractRequest {
  /** Tar stream (plain, gzip, zstd); taken over and closed. */
  readonly fd: number;
  readonly target: string;
  /** `overlay`: whiteouts in overlay's form; `apply`: whiteouts delete in place; `adopt`: all of it is there already. */
  readonly whiteouts: 'overlay' | 'apply' | 'adopt';
  /** Path of a new file for the recording from which `assemble` gives the tar back. */
  readonly record?: string;
  readonly signal?: AbortSignal;
}

export interface AssembleRequest {
  readonly record: string;
  /** What the layer was extracted to. */
  readonly tree: string;
  /** Where the tar goes; taken over and closed. */
  readonly fd: number;
  readonly gzip?: boolean;
  readonly signal?: AbortSignal;
}

export interface AssembleResult {
  readonly bytesTar: number;
  readonly digestTar: string;
  /** Of what was written: the tar, or its gzip. */
  readonly bytesOut: number;
  readonly digestOut: string;
}

export interface ExtractResult {
  readonly bytesIn: number;
  readonly bytesTar: number;
  /** Sum of the sizes of regular files. */
  readonly size: number;
  readonly entries: number;
  /** `sha256:…` of the bytes read and of the uncompressed tar. */
  readonly digestIn: string;
  readonly digestTar: string;
}

/** `count` ids from `inside` the container's user namespace on are those from `outside` on in the file system. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** The id maps of a user namespace; empty: ids are the same inside and outside. */
export interface IdMaps {
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
}

export interface PackRequest {
  /** A directory; stays the caller's. */
  readonly root: number;
  /** In `root`, a link at its end is not followed; '': what `root` itself is, a directory or not. */
  readonly path: string;
  /** What the entry of it is called; '': it has none, and what is below it has plain relative names. */
  readonly name: string;
  /** Where the tar goes; taken over and closed. Absent: it is only counted and hashed. */
  readonly fd?: number;
  readonly digest?: boolean;
  /** An overlay upper directory: whiteouts and opaque directories become those of a layer. */
  readonly overlay?: boolean;
  readonly oneFileSystem?: boolean;
  /** In chunks of HTTP/1.1, all but the last (of size 0). */
  readonly chunked?: boolean;
  /** As the command line packs: files, directories and links with all their data, and of no file only a part (tsker.h). */
  readonly plain?: boolean;
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

export interface PackListRequest {
  readonly root: number;
  /** From the root, a character a byte (latin1); what is below a directory is not packed unless it is listed. */
  readonly changes: readonly { readonly path: string; readonly deleted: boolean }[];
  /** Taken over and closed. */
  readonly fd?: number;
  readonly digest?: boolean;
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

export interface PackResult {
  /** Of the tar. */
  readonly bytes: number;
  /** Sum of the sizes of regular files. */
  readonly size: number;
  readonly entries: number;
  /** Files whose size changed while they were read: cut or padded. */
  readonly changed: number;
  /** Sockets, what vanished meanwhile, and what a layer cannot hold. */
  readonly skipped: number;
  /** `sha256:…` of the tar, when asked for. */
  readonly digest: string | undefined;
}

export interface PlaceRequest {
  readonly root: number;
  /** A directory in `root`, links followed. */
  readonly path: string;
  /** Tar stream (plain, gzip, zstd); taken over and closed. */
  readonly fd: number;
  /** As the command line unpacks: files, directories and links, whose they are is who makes them, and through no link (tsker.h). */
  readonly plain?: boolean;
  /** A directory is not replaced by something else, nor something else by a directory. */
  readonly keepKind?: boolean;
  /** Everything belongs to these ids of the container instead of the archive's owners. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Permission bits for all that is no link, instead of the archive's. */
  readonly mode?: number;
  readonly ids?: IdMaps;
  readonly signal?: AbortSignal;
}

export interface PlaceResult {
  /** Sum of the sizes of regular files. */
  readonly size: number;
  readonly entries: number;
}

export interface StatRequest {
  readonly root: number;
  readonly path: string;
  /** Keep it open: `fd` of the result. */
  readonly open?: boolean;
}

/** As lstat(2). */
export interface StatResult {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Of a link: where it leads in the end, from the root, as far as that exists. */
  readonly target: string | undefined;
  /** O_PATH; the caller's. */
  readonly fd: number | undefined;
}

export interface ViewRequest {
  /** A process, for its mount namespace; or host operations with a ROOT, run in a mount namespace of their own. */
  readonly source: { readonly pidfd: number } | { readonly plan: readonly Op[] };
  /** With what is mounted below the root. */
  readonly mounts: boolean;
  readonly readOnly: boolean;
}
