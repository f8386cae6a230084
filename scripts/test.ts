// Runs the phases of the test command, the last of them in a virtual machine, one after the other so that measurements inside tests are not disturbed, prints
// every skipped test with its reason and, as the last line, the counts. Exit 1 when anything failed.
//
// Integration files run two at a time, on machines that may be busy with other things. A file with a failure runs again,
// alone, and its second result counts; what differs between the two is named as unsteady, so that it is seen and mended.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { splitTests } from './split-tests.ts';

const ROOT = resolve(import.meta.dirname, '..');
/** Above 1 on a machine that is slower than common ones; the virtual machine says so. */
const SLOWNESS = Math.max(1, Number(process.env['TSKER_TEST_SLOWNESS'] ?? 1));
/** Milliseconds without a word after which a phase is ended: a hanging test must not take the run's whole time. */
const SILENCE = 7 * 60_000 * SLOWNESS;
/** Of the virtual machine, which takes its time. */
const VM_SILENCE = 20 * 60_000;
/** The exit code of what was ended for it. */
const SILENT = 124;
/** Minutes for a test. */
const PATIENCE = 5 * SLOWNESS;
const TEST_VM = 'scripts/test-vm';

interface Counts {
  passed: number;
  failed: string[];
  skipped: string[];
}

const total: Counts = { passed: 0, failed: [], skipped: [] };
const notes: string[] = [];

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Besides ours. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program with its output on ours and each line handed to `onLine`; resolves with its exit code. */
function run({ command, args, env }: Program, onLine?: (line: string) => void): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TSKER_BIN: join(ROOT, 'dist/tsker'), ...env },
    });
    const silence = command === TEST_VM ? VM_SILENCE : SILENCE;
    let isSilent = false;
    const watchdog = setTimeout(() => {
      isSilent = true;
      console.log(`no word for ${silence / 60_000} minutes: ${command} is ended`);
      child.kill(command === TEST_VM ? 'SIGTERM' : 'SIGKILL');
    }, silence);
    createInterface({ input: child.stdout }).on('line', (line) => {
      watchdog.refresh();
      console.log(line);
      onLine?.(line);
    });
    child.once('error', fail);
    child.once('close', (code, signal) => {
      clearTimeout(watchdog);
      done(isSilent ? SILENT : signal === null ? (code ?? 1) : 1);
    });
  });
}

/** A phase that is one test: it passes when it exits 0. */
async function phase(name: string, command: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${name}`);
  const started = Date.now();
  const code = await run({ command, args });
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  if (code === 0) total.passed += 1;
  else total.failed.push(`${name} (exit ${code})`);
  console.log(`== ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
}

function ava(args: readonly string[], env: Program['env'] = {}): Promise<Map<string, Counts>> {
  return tap({ command: 'ava', args: ['--tap', ...args], env });
}

/** What AVA's TAP output says, by test file: `file › title`, or the path of a file that ended early. */
async function tap(program: Program): Promise<Map<string, Counts>> {
  const { command } = program;
  const files = new Map<string, Counts>();
  const of = (title: string): Counts => {
    const name = /test\/(?:\S+\/)?(\S+)\.test\.ts/.exec(title)?.[1] ?? title.split(' › ')[0] ?? title;
    const counts = files.get(name) ?? { passed: 0, failed: [], skipped: [] };
    files.set(name, counts);
    return counts;
  };
  const code = await run(program, (line) => {
    const match = /^(not ok|ok) \d+ - (.*?)( # (SKIP|TODO))?$/.exec(line);
    const title = match?.[2];
    if (match === null || title === undefined) return;
    if (match[4] !== undefined) of(title).skipped.push(title);
    else if (match[1] === 'ok') of(title).passed += 1;
    else of(title).failed.push(title);
  });
  const all = [...files.values()];
  // What it was about is not in its report: other failures must not hide that.
  if (code === SILENT) of(command).failed.push(`${command} said nothing for too long`);
  else if (all.every(({ passed, failed }) => passed + failed.length === 0))
    of(command).failed.push(`no test ran (exit ${code})`);
  else if (code !== 0 && all.every(({ failed }) => failed.length === 0))
    of(command).failed.push(`${command} ended with ${code}`);
  return files;
}

function add(files: Map<string, Counts>): void {
  for (const { passed, failed, skipped } of files.values()) {
    total.passed += passed;
    total.failed.push(...failed);
    total.skipped.push(...skipped);
  }
}

async function suite(name: string, args: readonly string[]): Promise<void> {
  console.log(`\n== ${name}`);
  add(await ava(args));
}

interface Integration {
  readonly name: string;
  readonly files: readonly string[];
  readonly env?: Program['env'];
  /** Before each title in the report. */
  readonly prefix?: string;
}

/** Integration tests, and again alone the files that failed beside others. */
async function integration({ name: what, files: patterns, env = {}, prefix = '' }: Integration): Promise<void> {
  console.log(`\n== ${what}`);
  const started = Date.now();
  const files = await ava(['--concurrency=2', '--timeout=5m', ...patterns], env);
  for (const [name, first] of [...files]) {
    if (first.failed.length === 0 || name === 'ava') continue; // 'ava': of no file
    console.log(`\n== ${name} again, alone`);
    const second = await ava(['--timeout=5m', `test/integration/${name}.test.ts`], env);
    files.delete(name);
    for (const [again, counts] of second) files.set(again, counts);
    const still = [...second.values()].flatMap(({ failed }) => failed);
    // AVA names the file only beside others.
    for (const title of first.failed)
      if (!still.some((one) => title.endsWith(one))) notes.push(`unsteady (passed alone): ${prefix}${title}`);
  }
  label(files, prefix);
  console.log(`== ${what}: ${passedOf(files)} passed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  add(files);
}

/** Says of each title where it was run. */
function label(files: Map<string, Counts>, prefix: string): void {
  for (const { failed, skipped } of files.values()) {
    failed.splice(0, failed.length, ...failed.map((title) => `${prefix}${title}`));
    skipped.splice(0, skipped.length, ...skipped.map((title) => `${prefix}${title}`));
  }
}

function passedOf(files: Map<string, Counts>): number {
  return [...files.values()].reduce((sum, counts) => sum + counts.passed, 0);
}

/** `all`: the virtual machine runs all that it can, half an hour of it, and not only its core. */
const VM_TESTS = process.env['TSKER_TEST_VM'] === 'all' ? [] : ['--core'];

/** The same tests on another kernel and cgroup v2; again, by themselves, the files that failed. */
async function virtualMachine(): Promise<void> {
  console.log('\n== integration tests in the virtual machine');
  const started = Date.now();
  const files = await tap({ command: TEST_VM, args: VM_TESTS });
  const failed = [...files].flatMap(([name, counts]) => (counts.failed.length > 0 && name !== TEST_VM ? [name] : []));
  if (failed.length > 0) {
    console.log(`\n== ${failed.join(', ')} again in the virtual machine`);
    const second = await tap({ command: TEST_VM, args: failed.map((name) => `test/integration/${name}.test.ts`) });
    const still = [...second.values()].flatMap((counts) => counts.failed);
    for (const name of failed) {
      for (const title of files.get(name)?.failed ?? []) {
        if (!still.some((one) => title.endsWith(one))) notes.push(`unsteady (passed again): vm: ${title}`);
      }
      files.delete(name);
    }
    for (const [name, counts] of second) files.set(`again ${name}`, counts);
  }
  label(files, 'vm: ');
  console.log(`== virtual machine: ${passedOf(files)} passed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  add(files);
}

/** The same tests with the architecture of Docker since 1.11, and the executable's own OCI runtime. */
const SPLIT: Integration = {
  name: 'container life in the split architecture',
  files: splitTests(ROOT),
  env: { TSKER_TEST_ARCH: 'split', TSKER_TEST_RUNTIME: 'tsker' },
  prefix: 'split: ',
};

const chosen = process.argv.slice(2);
if (chosen[0] === 'split') {
  await integration(SPLIT);
} else if (chosen.length > 0) {
  await suite('chosen files', ['--concurrency=2', `--timeout=${PATIENCE}m`, ...chosen]);
} else {
  await phase('checks', 'scripts/check', []);
  await phase('native unit tests under sanitizers', 'make', ['-s', '-C', 'native', 'test']);
  await phase('symbols of libtsker.so', 'make', ['-s', '-C', 'native', 'check-symbols']);
  await phase('bounded fuzz run', 'make', ['-s', '-C', 'native', 'fuzz']);
  await suite('unit tests', ['--concurrency=2', 'test/unit/**/*.test.ts']);
  await integration({ name: 'integration tests', files: ['test/integration/**/*.test.ts'] });
  await integration(SPLIT);
  await virtualMachine();
}

console.log('');
for (const note of notes) console.log(note);
for (const title of total.skipped) console.log(`skipped: ${title}`);
for (const title of total.failed) console.log(`FAILED ${title}`);
console.log(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed.length === 0 ? 0 : 1;
