// Container output to our own: as it is with a terminal, taken apart into stdout and stderr without. It reads no faster
// than the outputs take it.
import type { Readable } from 'node:stream';
import { StdcopyDemuxer } from '../../client/stdcopy.ts';
import { TskerError } from '../../util/errors.ts';
import type { Io, Output } from '../io.ts';

export interface CopyOptions {
  readonly io: Io;
  /** The stream is frames of stdout and stderr (no terminal in the container). */
  readonly multiplexed: boolean;
}

/** Copies until the stream ends. */
export function copyOutput(source: Readable, { io, multiplexed }: CopyOptions): Promise<void> {
  const demuxer = multiplexed ? new StdcopyDemuxer() : undefined;
  return new Promise((resolve, reject) => {
    const write = (output: Output, bytes: Buffer): void => {
      if (output.write(bytes)) return;
      source.pause();
      output.once('drain', () => source.resume());
    };
    source.on('data', (piece: Buffer) => {
      try {
        if (demuxer === undefined) write(io.stdout, piece);
        else for (const { stream, bytes } of demuxer.push(piece)) write(io[stream], bytes);
      } catch (error) {
        source.destroy();
        reject(error);
      }
    });
    source.on('end', () => {
      if (demuxer?.complete ?? true) resolve();
      else reject(new TskerError('corrupt', "the daemon's output ended in the middle of a frame"));
    });
    source.on('error', reject);
    source.on('close', () => resolve());
    // Nothing more would be said of one that broke before it had a reader.
    if (source.destroyed) resolve();
    // A hijacked connection arrives paused, so that nothing of it is lost before it has a reader.
    source.resume();
  });
}
