// An operation that answers with text: it writes to a descriptor, which is read here while it does.
import { Socket } from 'node:net';
import type { Op } from '../../native/ops.ts';
import type { DriverNative } from '../parts.ts';

export async function readOp(native: DriverNative, op: (fd: number) => Op): Promise<string> {
  const pipe = native.pipe();
  const [text] = await Promise.all([readText(pipe.read), runAndClose(native, op(pipe.write), pipe.write)]);
  return text;
}

async function runAndClose(native: DriverNative, op: Op, fd: number): Promise<void> {
  try {
    await native.runPlan([op]);
  } finally {
    native.close(fd);
  }
}

async function readText(fd: number): Promise<string> {
  const socket = new Socket({ fd, readable: true, writable: false });
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
