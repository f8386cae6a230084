// What a filter for system calls answers, by the rules of linux/filter.h: the few instructions that such filters are made of.

export interface SystemCall {
  readonly number: number;
  readonly architecture: number;
  readonly args?: readonly bigint[];
}

/** The value that the kernel would act upon. Throws for an instruction that is not known here, and past the end. */
export function runFilter(program: Buffer, { number, architecture, args = [] }: SystemCall): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((value, index) => {
    data.writeBigUInt64LE(value, 16 + 8 * index);
  });
  let loaded = 0;
  for (let at = 0; at < program.length; ) {
    const [code, ifTrue, ifFalse, k] = [
      program.readUInt16LE(at),
      program.readUInt8(at + 2),
      program.readUInt8(at + 3),
      program.readUInt32LE(at + 4),
    ];
    at += 8;
    if (code === 0x06) return k;
    if (code === 0x20) loaded = data.readUInt32LE(k);
    else if (code === 0x54) loaded = (loaded & k) >>> 0;
    else if (code === 0x05) at += 8 * k;
    else if (code === 0x15) at += 8 * (loaded === k ? ifTrue : ifFalse);
    else if (code === 0x25) at += 8 * (loaded > k ? ifTrue : ifFalse);
    else if (code === 0x35) at += 8 * (loaded >= k ? ifTrue : ifFalse);
    else throw new Error(`an instruction ${code.toString(16)} at ${at / 8 - 1}`);
  }
  throw new Error('past the end');
}
