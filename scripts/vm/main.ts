// The command behind scripts/test-vm: makes kernel, disks and initrd (cached), boots, and passes the guest's exit code on.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { boot } from './boot.ts';
import { makeProject, makeRoot } from './disk.ts';
import { makeInitrd } from './initrd.ts';
import { fetchKernel } from './kernel.ts';
import { CORE, guestTests } from './tests.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(process.env['TSKER_TEST_CACHE'] ?? '/var/cache/tsker-test', 'vm');
/** Milliseconds: all the files take 35 to 45 minutes, and other machines are slower. */
const TIMEOUT = 75 * 60_000;

const { values, positionals } = parseArgs({
  options: { command: { type: 'string' }, core: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals : values.core ? CORE : guestTests(ROOT);
const command = values.command ?? `exec node scripts/test.ts ${files.map((file) => `'${file}'`).join(' ')}`;

mkdirSync(CACHE, { recursive: true });
removeLeftovers();
const kernel = await fetchKernel(CACHE);
const initrd = await makeInitrd(CACHE, kernel);
const root = await makeRoot(CACHE, kernel);
const project = join(CACHE, `project-${process.pid}.ext4`);
const commandFile = join(ROOT, 'scripts/vm/command');
try {
  writeFileSync(commandFile, `${command}\n`);
  await makeProject(ROOT, project);
  process.exitCode = await boot({
    kernel,
    initrd,
    root,
    project,
    timeout: TIMEOUT,
    onLine: (line) => console.log(line),
  });
} finally {
  rmSync(commandFile, { force: true });
  rmSync(project, { force: true });
}

/** Disks of runs that were killed: each is named by the process that made it. */
function removeLeftovers(): void {
  for (const name of readdirSync(CACHE)) {
    const [, pid] = /^(?:project|root\.tmp)-(\d+)/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(CACHE, name), { recursive: true, force: true });
  }
}
