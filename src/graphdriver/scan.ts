// A directory's content as records: the operation SCAN writes them into a pipe, decoded here while they come.
import { Socket } from 'node:net';
import { SCAN, SCAN_LAYOUT } from '../native/abi.ts';
import type { DriverNative } from './parts.ts';

/** What lstat and the xattrs say of one name. Two records are equal when nothing that a layer holds differs. */
export interface ScanRecord {
  /** Below the scanned directory, with a slash before it. A character a byte (latin1), so that names that are not UTF-8
   * stay apart and sort as bytes. */
  readonly path: string;
  readonly opaque: boolean;
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly inode: bigint;
  readonly device: bigint;
  readonly bytes: number;
  /** Nanoseconds. */
  readonly mtime: bigint;
  /** 0 without xattrs. */
  readonly xattrs: bigint;
  /** Of a symbolic link's content. */
  readonly link: bigint;
  /** SHA-256 of what is in a file or link, in hexadecimal; only when it was asked for. */
  readonly digest?: string;
  /** Bytes on the disk. */
  readonly allocated: number;
}

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFCHR = 0o020000;

export function isDirectory({ mode }: Pick<ScanRecord, 'mode'>): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

/** overlayfs' own form of a deletion: a character device 0:0. */
export function isWhiteout({ mode, device }: Pick<ScanRecord, 'mode' | 'device'>): boolean {
  return (mode & S_IFMT) === S_IFCHR && device === 0n;
}

/** Every name below `path`, a directory before what it holds; no link is followed and no mount entered. */
export async function scanTree(native: ScanNative, path: string): Promise<ScanRecord[]> {
  const records: ScanRecord[] = [];
  await scanEach(native, path, (some) => {
    for (const record of some) records.push(record);
  });
  return records;
}

/** As scanTree, some at a time. */
export function scanEach(native: ScanNative, path: string, visit: Visit): Promise<void> {
  return scan(native, { path, op: 'SCAN' }, visit);
}

/** The same with the digests of files and links. */
export function scanContentEach(native: ScanNative, path: string, visit: Visit): Promise<void> {
  return scan(native, { path, op: 'SCAN_CONTENT' }, visit);
}

export type ScanNative = Pick<DriverNative, 'pipe' | 'runPlan' | 'close'>;
type ScanOp = 'SCAN' | 'SCAN_CONTENT';
type Visit = (records: readonly ScanRecord[]) => void;

async function scan(native: ScanNative, { path, op }: Omit<Scanning, 'fd'>, visit: Visit): Promise<void> {
  const pipe = native.pipe();
  await Promise.all([readRecords(pipe.read, visit), writeRecords(native, { op, path, fd: pipe.write })]);
}

interface Scanning {
  readonly op: ScanOp;
  readonly path: string;
  readonly fd: number;
}

/** Takes `fd` over: closing it is the end that the reader sees. */
async function writeRecords(native: ScanNative, scanning: Scanning): Promise<void> {
  const { fd } = scanning;
  try {
    await native.runPlan([scanning]);
  } finally {
    native.close(fd);
  }
}

async function readRecords(fd: number, visit: Visit): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: false });
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const records: ScanRecord[] = [];
    rest = bytes.subarray(decodeInto(records, bytes));
    visit(records);
  }
}

/** Decodes the whole records in `bytes`; returns how far they reach. */
export function decodeInto(records: ScanRecord[], bytes: Buffer): number {
  let at = 0;
  while (bytes.length - at >= SCAN_LAYOUT.size) {
    const size = bytes.readUInt32LE(at + SCAN_LAYOUT.recordSize);
    if (bytes.length - at < size) break;
    records.push(decode(bytes.subarray(at, at + size)));
    at += size;
  }
  return at;
}

function decode(bytes: Buffer): ScanRecord {
  const pathSize = bytes.readUInt32LE(SCAN_LAYOUT.pathSize);
  const flags = bytes.readUInt32LE(SCAN_LAYOUT.flags);
  const digestAt = SCAN_LAYOUT.size + pathSize;
  const seconds = bytes.readBigInt64LE(SCAN_LAYOUT.seconds);
  return {
    path: `/${bytes.toString('latin1', SCAN_LAYOUT.size, SCAN_LAYOUT.size + pathSize)}`,
    opaque: (flags & SCAN.opaque) !== 0,
    mode: bytes.readUInt32LE(SCAN_LAYOUT.mode),
    links: bytes.readUInt32LE(SCAN_LAYOUT.links),
    uid: bytes.readUInt32LE(SCAN_LAYOUT.uid),
    gid: bytes.readUInt32LE(SCAN_LAYOUT.gid),
    inode: bytes.readBigUInt64LE(SCAN_LAYOUT.inode),
    device: bytes.readBigUInt64LE(SCAN_LAYOUT.device),
    bytes: Number(bytes.readBigUInt64LE(SCAN_LAYOUT.bytes)),
    mtime: seconds * 1_000_000_000n + BigInt(bytes.readUInt32LE(SCAN_LAYOUT.nanoseconds)),
    xattrs: bytes.readBigUInt64LE(SCAN_LAYOUT.xattrs),
    link: bytes.readBigUInt64LE(SCAN_LAYOUT.link),
    ...((flags & SCAN.digest) === 0 ? {} : { digest: bytes.toString('hex', digestAt, digestAt + 32) }),
    allocated: Number(bytes.readBigUInt64LE(SCAN_LAYOUT.allocated)),
  };
}
