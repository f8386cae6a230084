// Bytes that do not compress, the same for the same word: for layers that have to be as large on the way as on the disk.
import { createHash } from 'node:crypto';

export function noise(word: string, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; parts.length * 64 < size; index += 1) {
    parts.push(createHash('sha512').update(`${word}${index}`).digest());
  }
  return Buffer.concat(parts).subarray(0, size);
}
