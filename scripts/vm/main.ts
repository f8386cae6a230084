// The command behind scripts/test-vm: makes kernel, disks and initrd (cached), boots, and passes the guest's exit code on.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { boot } from './boot.ts';
import { makeProject, makeRoot } from './disk.ts';
import { makeInitrd } from './initrd.ts';
import { fetchKernel } from './kernel.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(process.env['TSKER_TEST_CACHE'] ?? '/var/cache/tsker-test', 'vm');
/** What the guest can run: no reference engine, no network beyond its own. */
const FILES = [
  'test/integration/runtime*.test.ts',
  'test/integration/container*.test.ts',
  'test/integration/recovery*.test.ts',
];
const TIMEOUT = 40 * 60_000;

const { values, positionals } = parseArgs({
  options: { command: { type: 'string' } },
  allowPositionals: true,
});
const files = positionals.length > 0 ? positionals : FILES;
const command = values.command ?? `exec node scripts/test.ts ${files.map((file) => `'${file}'`).join(' ')}`;

mkdirSync(CACHE, { recursive: true });
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
