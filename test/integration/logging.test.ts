// Logs of files behind real programs: what json-file and local write, rotation under load with followers, and that nobody
// waits for somebody else's log.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { openContainerLog, readStoredLog } from '../../src/daemon/logging/container-log.ts';
import { BUSYBOX, openNative } from '../helpers/native.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { ALL, openLog, readAll, startLogged } from './logging.harness.ts';

const native = openNative();

/** A file of so many numbered lines of 100 bytes, for `cat` to write as fast as a pipe takes it. */
function numberedLines(t: Parameters<typeof tempdir>[0], count: number): string {
  const path = join(tempdir(t, 'lines'), 'lines');
  const fd = openSync(path, 'w');
  const rest = `${' '.repeat(90)}\n`;
  for (let from = 0; from < count; from += 10_000) {
    let block = '';
    for (let n = from; n < Math.min(count, from + 10_000); n++) block += String(n).padStart(9, '0') + rest;
    writeSync(fd, block);
  }
  closeSync(fd);
  return path;
}

/** Throws at the first line that is not the one expected. */
class Sequence {
  next = 0;

  take(text: string): void {
    const n = Number(text.slice(0, 9));
    if (n !== this.next) throw new Error(`line ${n} came instead of ${this.next}`);
    this.next += 1;
  }
}

test('json-file: lines with attributes, read while it runs and afterwards', async (t) => {
  const options = { labels: 'a', env: 'E', tag: '{{.Name}}' };
  const { log, over, directory } = await startLogged(t, native, {
    type: 'json-file',
    options,
    script: 'echo one; echo two >&2; sleep 0.3; printf three',
  });
  const [name = ''] = readdirSync(directory);
  t.regex(name, /^[0-9a-f]{64}-json\.log$/);
  const followed = await readAll(log, { follow: true });
  await over;
  t.deepEqual(followed.sort(), ['one\n', 'three', 'two\n']);
  t.deepEqual(await readAll(log, { stderr: false }), ['one\n', 'three'], 'a log that is closed is read from its files');
  const [first = ''] = readFileSync(join(directory, name), 'utf8').split('\n');
  t.regex(first, /^\{"log":"\w+\\n","stream":"std\w+","attrs":\{"E":"1","a":"b","tag":"one"\},"time":"[^"]*Z"\}$/);
  t.is(statSync(join(directory, name)).mode & 0o777, 0o640);
});

test('json-file: a second run continues the file', async (t) => {
  const directory = tempdir(t, 'logging');
  for (const script of ['echo one', 'echo two']) {
    await (await startLogged(t, native, { type: 'json-file', script, directory })).over;
  }
  const { log } = await openLog(t, native, { type: 'json-file', directory });
  t.deepEqual(await readAll(log), ['one\n', 'two\n']);
  await log.close();
});

test('json-file: files do not grow beyond their size by more than a line, and names are Docker’s', async (t) => {
  const lines = numberedLines(t, 20_000);
  const options = { 'max-size': '400k', 'max-file': '4', compress: 'true' };
  const { over, log, directory } = await startLogged(t, native, {
    type: 'json-file',
    options,
    argv: [BUSYBOX, 'cat', lines],
  });
  await over;
  const names = readdirSync(directory).sort();
  const [main = ''] = names;
  t.deepEqual(names, [main, `${main}.1.gz`, `${main}.2.gz`, `${main}.3.gz`]);
  for (const name of names.slice(1)) {
    const size = gunzipSync(readFileSync(join(directory, name))).length;
    t.true(size >= 400_000 && size < 400_000 + 200, `${name}: ${size}`);
  }
  const texts = await readAll(log);
  const numbers = texts.map((text) => Number(text.slice(0, 9)));
  t.is(numbers.at(-1), 19_999);
  t.deepEqual(
    numbers,
    numbers.map((_, index) => 20_000 - numbers.length + index),
  );
  t.deepEqual(await readAll(log, { tail: 5000 }), texts.slice(-5000));
});

test('followers read every line once and in order across rotation at full speed', async (t) => {
  const count = 1_000_000;
  const lines = numberedLines(t, count);
  const options = { 'max-size': '4m', 'max-file': '3', compress: 'true' };
  const { log, over, directory } = await startLogged(t, native, {
    type: 'json-file',
    options,
    script: `sleep 0.2; exec cat ${lines}`,
  });
  const follow = async (): Promise<number> => {
    const sequence = new Sequence();
    for await (const batch of log.read({ ...ALL, follow: true }, new AbortController().signal)) {
      for (const line of batch) sequence.take(line.log);
    }
    return sequence.next;
  };
  const started = performance.now();
  const followers = [follow(), follow()];
  await over;
  t.log(`written at ${Math.round((count * 100) / 1000 / (performance.now() - started - 200))} MB/s`);
  t.deepEqual(await Promise.all(followers), [count, count]);
  t.is(readdirSync(directory).length, 3);
});

test('a follower sees lines as they come, and ends at `until` or when its client goes', async (t) => {
  const { log, over, child } = await startLogged(t, native, {
    type: 'json-file',
    options: { 'max-size': '200', 'max-file': '2' },
    script: 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.05; done',
  });
  const gone = new AbortController();
  const seen: number[] = [];
  for await (const batch of log.read({ ...ALL, follow: true, tail: 0 }, gone.signal)) {
    seen.push(...batch.map((line) => Number(line.log)));
    if (seen.length >= 5) gone.abort();
  }
  t.deepEqual(
    seen,
    seen.map((_, index) => (seen[0] ?? 0) + index),
  );
  const until = BigInt(Date.now() + 500) * 1_000_000n;
  const texts = await readAll(log, { follow: true, until, tail: 1 });
  t.true(texts.length >= 2 && texts.length < 40, `${texts.length} lines`);
  child.signal(9);
  await over;
});

test('reading without following ends, however fast the program writes', async (t) => {
  const { log, child, over } = await startLogged(t, native, {
    type: 'json-file',
    options: { 'max-size': '10m', 'max-file': '2' },
    argv: [BUSYBOX, 'yes', 'a line of some length that is repeated'],
  });
  await sleep(100);
  t.true((await readAll(log)).length > 0);
  t.is((await readAll(log, { tail: 7 })).length, 7);
  child.signal(9);
  await over;
});

test('local: compressed files of its own, read back as they were', async (t) => {
  const lines = numberedLines(t, 20_000);
  const options = { 'max-size': '500k', 'max-file': '20' };
  const { log, over, directory } = await startLogged(t, native, {
    type: 'local',
    options,
    argv: [BUSYBOX, 'cat', lines],
  });
  await over;
  t.true(existsSync(join(directory, 'local-logs', 'container.log.1.gz')));
  const sequence = new Sequence();
  for (const text of await readAll(log)) sequence.take(text);
  t.is(sequence.next, 20_000);
});

test('none: nothing is kept, and nothing can be read', async (t) => {
  const { log, over, directory } = await startLogged(t, native, { type: 'none', script: 'echo lost' });
  const message = 'configured logging driver does not support reading';
  t.throws(() => log.read(ALL, new AbortController().signal), { message });
  await over;
  t.deepEqual(readdirSync(directory), []);
  const config = { Type: 'none', Config: {} };
  t.throws(() => readStoredLog({ config, place: { id: 'x', directory } }, ALL, new AbortController().signal), {
    message,
  });
});

test.serial('wrong values are told when the container starts, and leave nothing open', async (t) => {
  const before = readdirSync('/proc/self/fd').length;
  for (const [options, reason] of [
    [{ 'max-size': 'abc' }, "invalid size: 'abc'"],
    [{ 'labels-regex': '(' }, 'error parsing regexp: missing closing ): `(`'],
    [{ tag: '{{' }, 'template: log-tag:1: unclosed action'],
  ] as const) {
    await t.throwsAsync(openLog(t, native, { type: 'json-file', options }), {
      message: `failed to initialize logging driver: ${reason}`,
    });
  }
  t.is(readdirSync('/proc/self/fd').length, before);
});

test('a directory that is missing is an error with its path', async (t) => {
  const place = { id: 'x', directory: '/dev/null/such' };
  const info = { id: 'x', name: '', imageId: '', imageName: '', path: '', args: [], env: [], labels: {}, hostname: '' };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const request = { config: { Type: 'json-file', Config: {} }, place, info, native, log };
  await t.throwsAsync(openContainerLog(request), {
    message: /^failed to initialize logging driver: .*\/dev\/null\/such/,
  });
});

test('non-blocking: lines are taken as fast as they come, and those that are kept are in order', async (t) => {
  const lines = numberedLines(t, 200_000);
  const options = { mode: 'non-blocking', 'max-buffer-size': '64k' };
  const { log, over } = await startLogged(t, native, { type: 'json-file', options, argv: [BUSYBOX, 'cat', lines] });
  await over;
  const numbers = (await readAll(log)).map((text) => Number(text.slice(0, 9)));
  t.true(numbers.length > 0);
  t.true(numbers.every((n, index) => index === 0 || n > (numbers[index - 1] ?? 0)));
});
