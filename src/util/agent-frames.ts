// Several connections to SSH agents over one: frames of an agent's number, a connection's number, a length and bytes. A frame
// without bytes closes. Pure.
import { TskerError } from './errors.ts';

export interface Frame {
  /** Which of the session's ids. */
  readonly agent: number;
  readonly connection: number;
  readonly data: Buffer;
}

const HEADER = 12;
/** An agent's message has 256 KiB at most. */
const MAX_DATA = 1024 * 1024;

export function encodeFrame({ agent, connection, data }: Frame): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(agent, 0);
  header.writeUInt32BE(connection, 4);
  header.writeUInt32BE(data.length, 8);
  return Buffer.concat([header, data]);
}

/** Takes bytes in any pieces; answers the frames that are complete. Throws `corrupt` for one that is too long. */
export function frameReader(): (piece: Uint8Array) => Frame[] {
  let pending = Buffer.alloc(0);
  return (piece) => {
    pending = Buffer.concat([pending, piece]);
    const frames: Frame[] = [];
    while (pending.length >= HEADER) {
      const length = pending.readUInt32BE(8);
      if (length > MAX_DATA) throw new TskerError('corrupt', 'a frame of an SSH agent is too long');
      if (pending.length < HEADER + length) break;
      const data = pending.subarray(HEADER, HEADER + length);
      frames.push({ agent: pending.readUInt32BE(0), connection: pending.readUInt32BE(4), data });
      pending = pending.subarray(HEADER + length);
    }
    return frames;
  };
}
