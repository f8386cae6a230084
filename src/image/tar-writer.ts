// Writes tar headers (ustar, pax for what does not fit) for archives of images. Reproducible: nothing is taken from the
// host. Layers of containers are written by the native library.

export interface TarMember {
  readonly name: string;
  readonly type: 'file' | 'directory' | 'link' | 'symlink';
  /** Permission bits, setuid and sticky included. */
  readonly mode: number;
  /** Bytes of a file. */
  readonly size?: number;
  /** Of links. */
  readonly target?: string;
  /** Epoch seconds. */
  readonly mtime: number;
}

const BLOCK = 512;
const TYPES = { file: '0', link: '1', symlink: '2', directory: '5' } as const;
/** What eleven octal digits hold. */
const MAX_OCTAL_SIZE = 0o77777777777;

/** The header blocks of a member; its content follows, padded by tarPadding. */
export function tarHeader(member: TarMember): Buffer {
  const records: string[] = [];
  if (Buffer.byteLength(member.name) > 100) records.push(paxRecord('path', member.name));
  if (Buffer.byteLength(member.target ?? '') > 100) records.push(paxRecord('linkpath', member.target ?? ''));
  if ((member.size ?? 0) > MAX_OCTAL_SIZE) records.push(paxRecord('size', String(member.size)));
  const main = block(member, TYPES[member.type]);
  if (records.length === 0) return main;
  const data = Buffer.from(records.join(''));
  const extension = block({ ...member, name: 'PaxHeaders/entry', target: '', size: data.length }, 'x');
  return Buffer.concat([extension, data, tarPadding(data.length), main]);
}

/** Zeros up to the next block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The two zero blocks. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

function block({ name, mode, size = 0, target = '', mtime }: TarMember, typeflag: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  octal(header, 100, { width: 8, value: mode });
  octal(header, 108, { width: 8, value: 0 });
  octal(header, 116, { width: 8, value: 0 });
  octal(header, 124, { width: 12, value: size > MAX_OCTAL_SIZE ? 0 : size });
  octal(header, 136, { width: 12, value: mtime });
  header.write(typeflag, 156);
  header.write(target, 157, 100);
  header.write('ustar\u000000', 257, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function octal(header: Buffer, offset: number, { width, value }: { width: number; value: number }): void {
  header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
}

/** `length key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length = bytes + String(length).length;
  return `${length}${rest}`;
}
