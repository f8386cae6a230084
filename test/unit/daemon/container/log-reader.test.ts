import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Follow, type ReadRequest, readLog } from '../../../../src/daemon/container/log-reader.ts';

const line = (text: string): string =>
  `${JSON.stringify({ log: `${text}\n`, stream: 'stdout', time: '2026-01-01T00:00:00Z' })}\n`;

function logFile(t: ExecutionContext, lines: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsker-log-reader-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'log');
  writeFileSync(path, lines.map(line).join(''));
  return path;
}

async function read(request: Partial<ReadRequest> & { path: string }): Promise<string[]> {
  const batches = readLog({ tail: undefined, follow: undefined, signal: new AbortController().signal, ...request });
  const lines: string[] = [];
  for await (const batch of batches) lines.push(...batch.map(({ log }) => log.trimEnd()));
  return lines;
}

/** Something that is appended to by the test. */
class FakeFollow implements Follow {
  ended = false;
  #wake: () => void = () => undefined;

  nextAppend(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  appended(): void {
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }
}

const NUMBERS = Array.from({ length: 10_000 }, (_, index) => `line ${index}`);

test('all lines come in order', async (t) => {
  t.deepEqual(await read({ path: logFile(t, NUMBERS) }), NUMBERS);
});

for (const tail of [0, 1, 7, 5000, 10_000, 20_000]) {
  test(`the last ${tail} lines`, async (t) => {
    t.deepEqual(await read({ path: logFile(t, NUMBERS), tail }), tail === 0 ? [] : NUMBERS.slice(-tail));
  });
}

test('a missing log has no lines', async (t) => {
  t.deepEqual(await read({ path: '/nonexistent/log' }), []);
});

test('following misses nothing and repeats nothing, however the writes fall', async (t) => {
  const path = logFile(t, ['first']);
  const follow = new FakeFollow();
  const reading = read({ path, follow });
  const expected = ['first'];
  for (let count = 0; count < 300; count += 1) {
    const text = line(`appended ${count}`);
    expected.push(`appended ${count}`);
    appendFileSync(path, text.slice(0, 10));
    follow.appended();
    if (count % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    appendFileSync(path, text.slice(10));
    follow.appended();
  }
  follow.end();
  t.deepEqual(await reading, expected);
});

test('following an ended container ends at the end of the file', async (t) => {
  const follow = new FakeFollow();
  follow.end();
  t.deepEqual(await read({ path: logFile(t, ['only']), follow }), ['only']);
});

test('a client that goes away ends the following', async (t) => {
  const controller = new AbortController();
  const lines: string[] = [];
  const path = logFile(t, ['only']);
  for await (const batch of readLog({ path, tail: undefined, follow: new FakeFollow(), signal: controller.signal })) {
    lines.push(...batch.map(({ log }) => log));
    setTimeout(() => controller.abort(), 5);
  }
  t.deepEqual(lines, ['only\n']);
});
