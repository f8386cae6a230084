// Reading what is stored: files of rotation, compressed and not, from the end, by time.
import { EventEmitter, once } from 'node:events';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type ReadOptions, readLogs } from '../../../../../src/daemon/logging/read/read-logs.ts';
import { fixedTime } from '../../../../../src/daemon/logging/read/selection.ts';
import { type LogSource, StoredLog } from '../../../../../src/daemon/logging/read/source.ts';
import { tempdir } from '../../../../helpers/tempdir.ts';

const SECOND = 1_000_000_000n;
const ALL: ReadOptions = {
  stdout: true,
  stderr: true,
  since: undefined,
  until: undefined,
  tail: undefined,
  follow: false,
};

/** Line `n` says its number, at second n; every third is stderr. */
function lines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => {
    const n = from + index;
    return `{"log":"${n}\\n","stream":"${n % 3 === 0 ? 'stderr' : 'stdout'}","time":"${fixedTime(BigInt(n) * SECOND)}"}\n`;
  }).join('');
}

/** 0-99 compressed, 100-199, 200-299 written last. */
function threeFiles(t: ExecutionContext): string {
  const path = join(tempdir(t, 'logs'), 'log');
  writeFileSync(`${path}.2.gz`, gzipSync(lines(0, 100)));
  writeFileSync(`${path}.1`, lines(100, 200));
  writeFileSync(path, lines(200, 300));
  return path;
}

async function read(path: string, options: Partial<ReadOptions> = {}): Promise<number[]> {
  const numbers: number[] = [];
  const batches = readLogs(new StoredLog(path), { ...ALL, ...options }, new AbortController().signal);
  for await (const batch of batches) numbers.push(...batch.map(({ log }) => Number(log)));
  return numbers;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

test('all files are read, the oldest first', async (t) => {
  t.deepEqual(await read(threeFiles(t)), range(0, 300));
});

for (const tail of [0, 1, 99, 100, 101, 199, 200, 201, 250, 299, 300, 1000]) {
  test(`the last ${tail} lines, across files`, async (t) => {
    t.deepEqual(await read(threeFiles(t), { tail }), range(Math.max(0, 300 - tail), 300));
  });
}

test('the tail is taken before streams are told apart, as Docker does', async (t) => {
  t.deepEqual(await read(threeFiles(t), { tail: 3, stdout: false }), [297]);
});

test('a span of time ends reading, and leaves out files that are older', async (t) => {
  const path = threeFiles(t);
  t.deepEqual(await read(path, { since: 150n * SECOND, until: 250n * SECOND }), range(150, 251));
  t.deepEqual(await read(path, { until: 5n * SECOND }), range(0, 6));
  utimesSync(`${path}.1`, 1, 1); // put away long before its lines, which is not read to see
  t.deepEqual(await read(path, { since: 150n * SECOND }), range(200, 300));
});

test('a gzip header that says when the last line was spares looking inside', async (t) => {
  const path = threeFiles(t);
  const extra = Buffer.from(`{"lastTime":"${fixedTime(10n * SECOND)}"}`);
  const packed = gzipSync(lines(0, 100));
  const header = Buffer.concat([
    packed.subarray(0, 3),
    Buffer.from([4]),
    packed.subarray(4, 10),
    Buffer.from([extra.length, 0]),
    extra,
  ]);
  writeFileSync(`${path}.2.gz`, Buffer.concat([header, packed.subarray(10)]));
  t.deepEqual(await read(path), range(0, 300));
  t.deepEqual(await read(path, { since: 50n * SECOND }), range(100, 300)); // the header was wrong, and was believed
});

test('large files are read from the end in little time, and whole', async (t) => {
  const path = join(tempdir(t, 'logs'), 'log');
  writeFileSync(path, lines(0, 20_000));
  t.deepEqual(await read(path, { tail: 12_345 }), range(20_000 - 12_345, 20_000));
  writeFileSync(`${path}.1.gz`, gzipSync(lines(0, 20_000)));
  writeFileSync(path, lines(20_000, 20_001));
  t.deepEqual(await read(path, { tail: 12_345 }), range(20_001 - 12_345, 20_001));
  t.deepEqual(await read(path), range(0, 20_001));
});

test('an unfinished line at the end is not told', async (t) => {
  const path = join(tempdir(t, 'logs'), 'log');
  writeFileSync(path, `${lines(0, 2)}{"log":"2`);
  t.deepEqual(await read(path), [0, 1]);
});

test('a log that is not there has no lines, and one whose newest file is missing has the others', async (t) => {
  const path = join(tempdir(t, 'logs'), 'log');
  t.deepEqual(await read(path), []);
  t.deepEqual(await read(path, { tail: 5 }), []);
  writeFileSync(`${path}.1`, lines(0, 3));
  t.deepEqual(await read(path), [0, 1, 2]);
  t.deepEqual(await read(path, { tail: 2 }), [1, 2]);
});

test('a compressed file that is damaged is an error', async (t) => {
  const path = threeFiles(t);
  writeFileSync(`${path}.2.gz`, gzipSync(lines(0, 100)).subarray(0, 60));
  await t.throwsAsync(read(path), { message: /unexpected end of file/ });
});

test('a reader that goes away is not read for', async (t) => {
  const path = threeFiles(t);
  const gone = new AbortController();
  const batches = readLogs(new StoredLog(path), ALL, gone.signal);
  t.is((await batches.next()).done, false);
  gone.abort();
  t.is((await batches.next()).done, true);
});

/** A log that grows by a line in every turn of the event loop, until it has `count`. */
function flood(path: string, count: number): LogSource {
  const stored = new StoredLog(path);
  let written = 0;
  const appended = new EventEmitter();
  const append = (): void => {
    appendFileSync(path, lines(written, written + 1));
    written += 1;
    if (written < count) setImmediate(append);
    appended.emit('line');
  };
  setImmediate(append);
  return {
    oldest: () => stored.oldest(),
    newest: () => stored.newest(),
    openFile: (generation) => stored.openFile(generation),
    hold: () => stored.hold(),
    follow: {
      get ended() {
        return written === count;
      },
      nextAppend: async () => void (await once(appended, 'line')),
    },
  };
}

test.serial('who follows a log that grows fast reads all of it, some lines at a time', async (t) => {
  const path = join(tempdir(t, 'logs'), 'log');
  writeFileSync(path, '');
  const batches: number[][] = [];
  const reading = readLogs(flood(path, 500), { ...ALL, follow: true }, new AbortController().signal);
  for await (const batch of reading) batches.push(batch.map(({ log }) => Number(log)));
  t.deepEqual(batches.flat(), range(0, 500));
  t.true(batches.length < 250, `${batches.length} batches`);
});
