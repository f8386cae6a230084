// Operations as JSON text for the ledger: bigints and byte arrays are tagged, everything else is plain. Pure.
import type { Op } from '../native/ops.ts';

export function stringifyOps(ops: readonly Op[]): string {
  return JSON.stringify(ops, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { $bigint: value.toString() };
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
    if (isBufferJson(value)) return { $bytes: Buffer.from(value.data).toString('base64') };
    return value;
  });
}

export function parseOps(text: string): Op[] {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint);
    if ('$bytes' in value && typeof value.$bytes === 'string')
      return new Uint8Array(Buffer.from(value.$bytes, 'base64'));
    return value;
  }) as Op[];
}

/** Buffer has a toJSON of its own, which runs before the replacer sees the value. */
function isBufferJson(value: unknown): value is { type: 'Buffer'; data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Buffer' &&
    'data' in value &&
    Array.isArray(value.data)
  );
}
