// Writes tar archives (ustar with pax or GNU extensions) from entries, byte for byte as told: also those no tar program
// would write, for tests of hostile input. It is not the engine's reader or writer, so the two cannot share a mistake.
const BLOCK = 512;

export interface TarEntry {
  /** Written as it is: no slash is added, removed or checked. */
  readonly path: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'character' | 'block' | 'fifo';
  readonly content?: string | Uint8Array;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds; with pax a fraction is kept. */
  readonly mtime?: number;
  /** Target of a symlink or link. */
  readonly target?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: Readonly<Record<string, string | Uint8Array>>;
  /** How a long path or target is written; default pax. xattrs are always pax. */
  readonly long?: 'pax' | 'gnu';
}

const TYPES = { file: '0', link: '1', symlink: '2', character: '3', block: '4', directory: '5', fifo: '6' } as const;

/** A whole archive, with its two zero blocks. */
export function makeTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(encodeEntry), Buffer.alloc(2 * BLOCK)]);
}

function encodeEntry(entry: TarEntry): Buffer {
  const content = Buffer.from(entry.content ?? '');
  const path = Buffer.from(entry.path);
  const target = Buffer.from(entry.target ?? '');
  const gnu = entry.long === 'gnu';
  const records = paxRecords(entry, gnu);
  return Buffer.concat([
    gnu && path.length > 100 ? extension('L', Buffer.concat([path, Buffer.alloc(1)])) : Buffer.alloc(0),
    gnu && target.length > 100 ? extension('K', Buffer.concat([target, Buffer.alloc(1)])) : Buffer.alloc(0),
    records.length > 0 ? extension('x', records) : Buffer.alloc(0),
    header({
      path,
      target,
      type: TYPES[entry.type ?? 'file'],
      mode: entry.mode ?? (entry.type === 'directory' ? 0o755 : 0o644),
      uid: entry.uid ?? 0,
      gid: entry.gid ?? 0,
      size: content.length,
      mtime: Math.floor(entry.mtime ?? 1_700_000_000),
      major: entry.major ?? 0,
      minor: entry.minor ?? 0,
    }),
    padded(content),
  ]);
}

function paxRecords(entry: TarEntry, gnu: boolean): Buffer {
  const records: Buffer[] = [];
  const add = (key: string, value: string | Uint8Array): void => void records.push(paxRecord(key, Buffer.from(value)));
  if (!gnu && Buffer.byteLength(entry.path) > 100) add('path', entry.path);
  if (!gnu && Buffer.byteLength(entry.target ?? '') > 100) add('linkpath', entry.target ?? '');
  if (entry.mtime !== undefined && !Number.isInteger(entry.mtime)) add('mtime', String(entry.mtime));
  if ((entry.uid ?? 0) > 0o7777777) add('uid', String(entry.uid));
  if ((entry.gid ?? 0) > 0o7777777) add('gid', String(entry.gid));
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) add(`SCHILY.xattr.${name}`, value);
  return Buffer.concat(records);
}

/** `length key=value\n`, where the length counts itself (pax(1)). */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length + String(rest.length).length;
  if (rest.length + String(length).length !== length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function extension(type: 'x' | 'L' | 'K', data: Buffer): Buffer {
  const path = Buffer.from(type === 'x' ? 'PaxHeaders/entry' : '././@LongLink');
  const fields = { mode: 0o644, uid: 0, gid: 0, mtime: 0, major: 0, minor: 0 };
  return Buffer.concat([header({ ...fields, path, target: Buffer.alloc(0), type, size: data.length }), padded(data)]);
}

interface Header {
  readonly path: Buffer;
  readonly target: Buffer;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

function header(fields: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  fields.path.copy(block, 0, 0, 100);
  octal(block, { offset: 100, width: 8, value: fields.mode });
  octal(block, { offset: 108, width: 8, value: Math.min(fields.uid, 0o7777777) });
  octal(block, { offset: 116, width: 8, value: Math.min(fields.gid, 0o7777777) });
  octal(block, { offset: 124, width: 12, value: fields.size });
  octal(block, { offset: 136, width: 12, value: fields.mtime });
  block.write(fields.type, 156);
  fields.target.copy(block, 157, 0, 100);
  block.write('ustar\u000000', 257, 'latin1');
  octal(block, { offset: 329, width: 8, value: fields.major });
  octal(block, { offset: 337, width: 8, value: fields.minor });
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function octal(block: Buffer, field: { offset: number; width: number; value: number }): void {
  block.write(`${field.value.toString(8).padStart(field.width - 1, '0')}\0`, field.offset, 'latin1');
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}
