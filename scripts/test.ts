// Runs the phases of the test command, one after the other so that measurements inside tests are not disturbed, prints
// every skipped test with its reason and, as the last line, the counts. Exit 1 when anything failed.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(import.meta.dirname, '..');
const counts = { passed: 0, failed: 0, skipped: 0 };
const notes: string[] = [];

/** Runs a program with its output on ours and each line handed to `onLine`; resolves with its exit code. */
function run(
  command: string,
  args: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TSKER_BIN: join(ROOT, 'dist/tsker') },
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      console.log(line);
      onLine(line);
    });
    child.once('error', fail);
    child.once('close', (code, signal) => done(signal === null ? (code ?? 1) : 1));
  });
}

/** A phase that is one test: it passes when it exits 0. */
async function phase(name: string, command: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const code = await run(command, args);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  if (code === 0) counts.passed += 1;
  else {
    counts.failed += 1;
    notes.push(`FAILED ${name} (exit ${code})`);
  }
  console.log(`== ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
}

/** AVA's suites, counted from its TAP output. */
async function ava(name: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${name}`);
  const before = counts.passed + counts.failed;
  const code = await run('ava', ['--tap', ...args], (line) => {
    const match = /^(not ok|ok) \d+ - (.*?)( # (SKIP|TODO))?$/.exec(line);
    if (match === null) return;
    const title = match[2] ?? '';
    if (match[4] !== undefined) {
      counts.skipped += 1;
      notes.push(`skipped: ${title}`);
    } else if (match[1] === 'ok') counts.passed += 1;
    else {
      counts.failed += 1;
      notes.push(`FAILED ${title}`);
    }
  });
  if (code !== 0 && counts.failed === 0) {
    counts.failed += 1;
    notes.push(`FAILED ${name} (exit ${code})`);
  }
  if (counts.passed + counts.failed === before) {
    counts.failed += 1;
    notes.push(`FAILED ${name}: no test ran`);
  }
}

const files = process.argv.slice(2);
if (files.length > 0) {
  await ava('chosen files', files);
} else {
  await phase('checks', 'scripts/check', []);
  await phase('native unit tests under sanitizers', 'make', ['-s', '-C', 'native', 'test']);
  await phase('symbols of libtsker.so', 'make', ['-s', '-C', 'native', 'check-symbols']);
  await phase('bounded fuzz run', 'make', ['-s', '-C', 'native', 'fuzz']);
  await ava('unit tests', ['--concurrency=2', 'test/unit/**/*.test.ts']);
  await ava('integration tests', [
    '--concurrency=2',
    '--timeout=5m',
    'test/integration/**/*.test.ts',
    'test/conformance/**/*.test.ts',
  ]);
}

console.log('');
for (const note of notes) console.log(note);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
