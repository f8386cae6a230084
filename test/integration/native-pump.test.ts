// The output pump behind real programs: the log byte for byte, attached readers, slow readers, rotation, followers.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { O_APPEND, O_CREAT, O_WRONLY } from '../../src/native/linux.ts';
import type { Spawned } from '../../src/native/native.ts';
import type { Pump } from '../../src/native/output-requests.ts';
import { BUSYBOX, openNative, readAll, readLog, spawnProgram } from '../helpers/native.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';

const native = openNative();

interface Running {
  readonly child: Spawned;
  readonly pump: Pump;
  readonly log: string;
}

/** Starts a shell script with its output on a pump; nothing is read before `pump.release()`. */
function startScript(t: ExecutionContext, script: string): Running {
  const log = join(tempdir(t, 'pump'), 'json.log');
  const out = native.pipe();
  const err = native.pipe();
  const pump = native.pump({ stdout: out.read, stderr: err.read, log: openLog(log), held: true });
  const child = spawnProgram(native, { argv: [BUSYBOX, 'sh', '-c', script] }, { stdout: out.write, stderr: err.write });
  native.close(out.write);
  native.close(err.write);
  t.teardown(() => child.signal(9));
  return { child, pump, log };
}

function openLog(path: string): number {
  return native.open(path, O_CREAT | O_WRONLY | O_APPEND, 0o600);
}

/** What a script waits for until the test opens it. */
function makeGate(t: ExecutionContext): { wait: string; open(): void } {
  const path = join(tempdir(t, 'pump'), 'gate');
  return { wait: `until [ -e ${path} ]; do sleep 0.02; done`, open: () => writeFileSync(path, '') };
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => `${index + 1}\n`).join('');
}

test('megabytes of both streams are logged byte for byte', async (t) => {
  const { pump, log } = startScript(t, 'seq 1 200000 & seq 1 100000 >&2; wait');
  pump.release();
  await pump.finished;
  const { stdout, stderr, records } = readLog(readFileSync(log));
  t.is(stdout, numbers(200_000));
  t.is(stderr, numbers(100_000));
  t.true(records.every(({ time }) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(time)));
  t.true(Math.abs(Date.parse(records[0]?.time ?? '') - Date.now()) < 60_000);
});

test('the log is what JSON says: escapes, invalid UTF-8, an unfinished line', async (t) => {
  const { pump, log } = startScript(t, String.raw`printf 'a"b\\c<d>&\t\r\033[0m é 🎉\n\377\376 x\303\n\nend'`);
  pump.release();
  await pump.finished;
  const { records } = readLog(readFileSync(log));
  t.deepEqual(
    records.map((record) => record.log),
    ['a"b\\c<d>&\t\r\u001b[0m é 🎉\n', '\ufffd\ufffd x\ufffd\n', '\n', 'end'],
  );
  t.true(readFileSync(log, 'latin1').includes(String.raw`\u003cd\u003e\u0026\u0009\r\u001b[0m`));
});

test('a long line is logged in pieces of 16 KiB, the last with the newline', async (t) => {
  const { pump, log } = startScript(t, 'head -c 40000 /dev/zero | tr "\\0" x; echo; echo after');
  pump.release();
  await pump.finished;
  const { records } = readLog(readFileSync(log));
  t.deepEqual(
    records.map((record) => [record.log.length, record.log.endsWith('\n')]),
    [
      [16384, false],
      [16384, false],
      [7233, true],
      [6, true],
    ],
  );
});

test('attached readers get all of it, raw or in frames, beside the log', async (t) => {
  const { pump, log } = startScript(t, 'seq 1 50000; seq 1 20000 >&2');
  const raw = native.pipe();
  const [ours, theirs] = native.socketpair('stream');
  pump.tee(raw.write, { stdout: true, stderr: false, mux: false });
  pump.tee(theirs, { stdout: true, stderr: true, mux: true });
  pump.release();
  const [text, framed] = await Promise.all([readAll(raw.read), readAll(ours), pump.finished]);
  t.is(text.toString(), numbers(50_000));
  t.deepEqual(unframe(framed), [numbers(50_000), numbers(20_000)]);
  t.is(readLog(readFileSync(log)).stdout, numbers(50_000));
});

test('a slow reader holds its container back, and loses nothing', async (t) => {
  const slow = startScript(t, 'seq 1 300000');
  const other = startScript(t, 'seq 1 300000');
  const [ours, theirs] = native.socketpair('stream');
  slow.pump.tee(theirs, { stdout: true, stderr: true, mux: false });
  slow.pump.release();
  other.pump.release();
  await other.pump.finished;
  await other.child.exited;
  const size = statSync(slow.log).size;
  t.true(size < statSync(other.log).size / 2, 'little more than the pipes hold');
  await setTimeout(100);
  t.is(statSync(slow.log).size, size);
  const [text] = await Promise.all([readAll(ours), slow.pump.finished]);
  t.is(text.toString(), numbers(300_000));
  t.is(readLog(readFileSync(slow.log)).stdout, numbers(300_000));
});

test('a reader that goes away is forgotten', async (t) => {
  const { pump, log } = startScript(t, 'seq 1 100000');
  const [ours, theirs] = native.socketpair('stream');
  pump.tee(theirs, { stdout: true, stderr: true, mux: true });
  pump.release();
  const socket = new Socket({ fd: ours });
  socket.once('data', () => socket.destroy());
  await pump.finished;
  t.is(readLog(readFileSync(log)).stdout, numbers(100_000));
});

test('a follower is told once of what was appended', async (t) => {
  const gate = makeGate(t);
  const { pump, log } = startScript(t, `echo one; ${gate.wait}; echo two`);
  let calls = 0;
  await new Promise<void>((done) => {
    pump.watch(() => calls++);
    pump.watch(done);
    pump.release();
  });
  t.is(readLog(readFileSync(log)).stdout, 'one\n');
  gate.open();
  await pump.finished;
  t.is(calls, 1);
  t.is(readLog(readFileSync(log)).stdout, 'one\ntwo\n');
  t.notThrows(() => pump.watch(() => t.fail()));
});

test('a rotated log goes on in the new file', async (t) => {
  const gate = makeGate(t);
  const { pump, log } = startScript(t, `echo one; ${gate.wait}; echo two`);
  await new Promise<void>((done) => {
    pump.watch(done);
    pump.release();
  });
  pump.rotate(openLog(`${log}.new`));
  gate.open();
  await pump.finished;
  t.is(readLog(readFileSync(log)).stdout, 'one\n');
  t.is(readLog(readFileSync(`${log}.new`)).stdout, 'two\n');
});

test('a pump that is stopped has read what was there, though the program goes on', async (t) => {
  const said = join(tempdir(t, 'pump'), 'said');
  const { pump, log, child } = startScript(t, `echo one; touch ${said}; exec sleep 100`);
  await waitFor('the program to have written', () => existsSync(said));
  pump.stop();
  await pump.finished;
  t.is(readLog(readFileSync(log)).stdout, 'one\n');
  t.true(child.signal(9));
  await child.exited;
});

test('a pump that has ended takes calls without effect and closes what it is given', async (t) => {
  const { pump, log } = startScript(t, 'true');
  pump.release();
  await pump.finished;
  const tee = native.pipe();
  pump.tee(tee.write, { stdout: true, stderr: true, mux: false });
  t.is((await readAll(tee.read)).length, 0);
  pump.rotate(openLog(`${log}.new`));
  pump.release();
  pump.stop();
  t.true(existsSync(`${log}.new`));
});

test('a log that takes nothing loses its lines, says how many, and the output goes on', async (t) => {
  const out = native.pipe();
  const tee = native.pipe();
  const losses: unknown[] = [];
  const log = native.open('/dev/full', O_WRONLY);
  const pump = native.pump({ stdout: out.read, log, held: true, onLogLost: (loss) => losses.push(loss) });
  pump.tee(tee.write, { stdout: true, stderr: false, mux: false });
  pump.release();
  const child = spawnProgram(native, { argv: [BUSYBOX, 'seq', '1', '1000'] }, { stdout: out.write });
  native.close(out.write);
  t.is((await readAll(tee.read)).toString(), numbers(1000));
  await pump.finished;
  await child.exited;
  t.deepEqual(losses, [{ lines: 1000, errno: 'ENOSPC' }]);
});

test('a pump without a source is an error, and closes what it was given', (t) => {
  const out = native.pipe();
  t.throws(() => native.pump({ stdout: 9999, stderr: out.read }), { message: /starting the output pump: EBADF/ });
  t.throws(() => writeFileSync(out.write, 'x'), { code: 'EPIPE' });
  native.close(out.write);
});

/** stdout and stderr of Docker's 8-byte frames. */
function unframe(framed: Buffer): [string, string] {
  const parts: [Buffer[], Buffer[]] = [[], []];
  for (let at = 0; at < framed.length; ) {
    const size = framed.readUInt32BE(at + 4);
    parts[framed[at] === 2 ? 1 : 0].push(framed.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return [Buffer.concat(parts[0]).toString(), Buffer.concat(parts[1]).toString()];
}
