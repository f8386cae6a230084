// Reads a json-file log from disk in batches: from the start or the last lines, to the end or on with what is appended.
// It neither misses nor repeats a line: it arms the watch, then reads to the end of the file, then waits.
import { type FileHandle, open } from 'node:fs/promises';
import type { LogLine } from '../../types/container.ts';
import { findTail, LineSplitter, parseLogLine } from './log-parse.ts';

export interface Follow {
  /** No more will be appended. */
  readonly ended: boolean;
  /** Resolves at the next append after the call, or at the end. */
  nextAppend(): Promise<void>;
}

export interface ReadRequest {
  readonly path: string;
  /** Lines from the end; undefined: from the start. */
  readonly tail: number | undefined;
  /** Undefined: ends at the end of the file. */
  readonly follow: Follow | undefined;
  readonly signal: AbortSignal;
}

const CHUNK = 256 * 1024;

/** Batches of what one read gave. A missing file has no lines. */
export async function* readLog({ path, tail, follow, signal }: ReadRequest): AsyncGenerator<LogLine[]> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  try {
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    const splitter = new LineSplitter();
    let position = tail === undefined ? 0 : await tailPosition(file, tail);
    while (!signal.aborted) {
      // In this order: an append between the read and the wait resolves what was armed before the read.
      const ended = follow?.ended ?? true;
      const appended = ended ? undefined : follow?.nextAppend();
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK, position);
        if (bytesRead === 0 || signal.aborted) break;
        position += bytesRead;
        const lines = parse(splitter.push(buffer.subarray(0, bytesRead)));
        if (lines.length > 0) yield lines;
      }
      if (appended === undefined) return;
      await Promise.race([appended, aborted(signal)]);
    }
  } finally {
    await file.close();
  }
}

function parse(texts: readonly string[]): LogLine[] {
  const lines: LogLine[] = [];
  for (const text of texts) {
    const line = parseLogLine(text);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

/** Where the last `count` lines begin, found from the end. */
async function tailPosition(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let wanted = count;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const result = findTail(buffer.subarray(0, bytesRead), wanted);
    if ('offset' in result) return start + result.offset;
    wanted -= result.found;
    end = start;
  }
  return 0;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  else signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}
