import test from 'ava';
import { StdcopyDemuxer } from '../../../src/client/stdcopy.ts';

function frame(type: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** What comes out of a stream fed in pieces of `size`: the text of each stream, and how many runs there were. */
function demux(stream: Buffer, size: number): { stdout: string; stderr: string; runs: number; complete: boolean } {
  const demuxer = new StdcopyDemuxer();
  const out = { stdout: '', stderr: '', runs: 0 };
  for (let at = 0; at < stream.length; at += size) {
    for (const run of demuxer.push(stream.subarray(at, at + size))) {
      out[run.stream] += run.bytes.toString();
      out.runs++;
    }
  }
  return { ...out, complete: demuxer.complete };
}

const STREAM = Buffer.concat([frame(1, 'a\n'), frame(1, 'b\n'), frame(2, 'err'), frame(1, ''), frame(0, 'c')]);

for (const size of [1, 2, 7, 8, 9, 1000]) {
  test(`frames come apart whatever the pieces: ${size} bytes`, (t) => {
    t.like(demux(STREAM, size), { stdout: 'a\nb\nc', stderr: 'err', complete: true });
  });
}

test('frames of one stream in a row become one run', (t) => {
  t.is(demux(STREAM, 1000).runs, 3);
});

test('an end in the middle of a frame is noticed', (t) => {
  t.false(demux(frame(1, 'hello').subarray(0, 10), 100).complete);
  t.false(demux(frame(1, 'hello').subarray(0, 5), 100).complete);
});

test('a frame that claims four gigabytes costs nothing', (t) => {
  const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  t.like(demux(Buffer.concat([header, Buffer.from('x')]), 100), { stdout: 'x', complete: false });
});

test('a stream that is none is refused', (t) => {
  t.throws(() => demux(Buffer.from('plain text, no frames'), 100), { message: /unrecognized stream type/ });
});

test("the daemon's own error in the stream is thrown", (t) => {
  t.throws(() => demux(frame(3, 'the disk is gone'), 4), { message: /the disk is gone/ });
});
