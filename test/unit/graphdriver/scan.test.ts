import test from 'ava';
import { decodeInto, isDirectory, isWhiteout, type ScanRecord } from '../../../src/graphdriver/scan.ts';
import { SCAN_LAYOUT } from '../../../src/native/abi.ts';

function encode(path: string, fields: { mode: number; flags?: number; seconds?: bigint }): Buffer {
  const name = Buffer.from(path);
  const bytes = Buffer.alloc((SCAN_LAYOUT.size + name.length + 7) & ~7);
  bytes.writeUInt32LE(bytes.length, SCAN_LAYOUT.recordSize);
  bytes.writeUInt32LE(fields.flags ?? 0, SCAN_LAYOUT.flags);
  bytes.writeUInt32LE(fields.mode, SCAN_LAYOUT.mode);
  bytes.writeBigInt64LE(fields.seconds ?? 0n, SCAN_LAYOUT.seconds);
  bytes.writeUInt32LE(5, SCAN_LAYOUT.nanoseconds);
  bytes.writeUInt32LE(name.length, SCAN_LAYOUT.pathSize);
  name.copy(bytes, SCAN_LAYOUT.size);
  return bytes;
}

test('records are decoded however they are cut', (t) => {
  const stream = Buffer.concat([
    encode('d', { mode: 0o040755, flags: 1 }),
    encode('d/file with a longer name', { mode: 0o100644, seconds: -3n }),
  ]);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const records: ScanRecord[] = [];
    const used = decodeInto(records, stream.subarray(0, cut));
    t.is(used + decodeInto(records, stream.subarray(used)), stream.length);
    t.deepEqual(
      records.map(({ path, opaque, mtime }) => [path, opaque, mtime]),
      [
        ['/d', true, 5n],
        ['/d/file with a longer name', false, -2_999_999_995n],
      ],
    );
  }
});

test('a whiteout is a character device 0:0, and nothing else is', (t) => {
  t.true(isWhiteout({ mode: 0o020000, device: 0n }));
  t.false(isWhiteout({ mode: 0o020666, device: 0x103n }));
  t.false(isWhiteout({ mode: 0o060000, device: 0n }));
  t.true(isDirectory({ mode: 0o041777 }));
  t.false(isDirectory({ mode: 0o060000 }));
});
