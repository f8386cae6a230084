// The head of a layer's recording (native/layer/record.h): all that TypeScript reads of one. What it holds is written out
// again by the native library.
import { open } from 'node:fs/promises';
import { TskerError } from '../util/errors.ts';

const MAGIC = 0x31524c54;
const HEADER = { magic: 0, spoiled: 4, bytesTar: 8, size: 16 } as const;

/** Bytes of the tar that was recorded. Throws `unsupported` when it cannot be written again, `corrupt` without a recording. */
export async function recordedTarSize(path: string): Promise<number> {
  const header = await readHeader(path);
  if (header.readUInt32LE(HEADER.magic) !== MAGIC) throw new TskerError('corrupt', `${path} is not whole`);
  if (header.readUInt32LE(HEADER.spoiled) !== 0) {
    throw new TskerError('unsupported', 'the archive of a layer had a file twice: it cannot be written again');
  }
  return Number(header.readBigUInt64LE(HEADER.bytesTar));
}

async function readHeader(path: string): Promise<Buffer> {
  const header = Buffer.alloc(HEADER.size);
  await using file = await open(path).catch((error: unknown) => {
    throw new TskerError('corrupt', 'the layer has no recording of its archive', { cause: error });
  });
  await file.read(header, 0, header.length, 0);
  return header;
}
