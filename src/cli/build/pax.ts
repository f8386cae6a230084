// The extended header of a tar entry whose names are bytes and no text, which tar-stream, that writes text, cannot say. POSIX
// pax: a header of type x with records, before the entry they are about. Pure.

export interface NamesInBytes {
  readonly path?: Buffer | undefined;
  readonly linkpath?: Buffer | undefined;
}

const BLOCK = 512;

export function paxHeader({ path, linkpath }: NamesInBytes): Buffer {
  const records = Buffer.concat([
    ...(path === undefined ? [] : [record('path', path)]),
    ...(linkpath === undefined ? [] : [record('linkpath', linkpath)]),
  ]);
  const padding = Buffer.alloc((BLOCK - (records.length % BLOCK)) % BLOCK);
  return Buffer.concat([block(records.length), records, padding]);
}

/** `length key=value\n`, where the length counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const size = ` ${key}=\n`.length + value.length;
  let length = size + String(size).length;
  if (size + String(length).length !== length) length = size + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
}

function block(size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): void => {
    header.write(value.toString(8).padStart(width - 1, '0'), at, 'latin1');
  };
  header.write('PaxHeaders/entry', 0, 'latin1');
  octal(0o644, 100, 8);
  for (const at of [108, 116]) octal(0, at, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.write('x', 156, 'latin1');
  header.write('ustar\u000000', 257, 'latin1');
  header.fill(' ', 148, 156);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  header[154] = 0;
  return header;
}
