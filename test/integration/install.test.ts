// scripts/install.sh as a person runs it: `curl … | sh` from a server, here one of the test's own on the loopback.
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const SCRIPT = join(REPOSITORY, 'scripts/install.sh');
const EXECUTABLE = join(REPOSITORY, 'dist/tsker');

/** Serves the script, the executable under its release name, and `sum` as its checksum; the base address. */
async function serve(t: ExecutionContext, sum: string): Promise<string> {
  const server: Server = createServer((request, response) => {
    if (request.url === '/install.sh') createReadStream(SCRIPT).pipe(response);
    else if (request.url === '/tsker-linux-x64') createReadStream(EXECUTABLE).pipe(response);
    else if (request.url === '/tsker-linux-x64.sha256') response.end(sum);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function install(base: string, directory: string, options: { args?: string; path?: string; files?: string } = {}) {
  const command = `curl -fsSL ${base}/install.sh | sh -s -- ${options.args ?? ''}`;
  const path = `${options.path ?? ''}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  // A clean environment: what it needs must come from the machine and the script.
  return run([
    'env',
    '-i',
    `PATH=${path}`,
    `TSKER_BASE_URL=${options.files ?? base}`,
    `TSKER_INSTALL_DIR=${directory}`,
    'sh',
    '-c',
    command,
  ]);
}

const goodSum = (): string => readFileSync(`${EXECUTABLE}.sha256`, 'utf8');

test('one file is installed, runs alone, and --uninstall takes it away', async (t) => {
  const base = await serve(t, goodSum());
  const directory = join(tempdir(t, 'install'), 'bin');
  const installed = await install(base, directory);
  t.is(installed.code, 0, installed.stderr);
  t.regex(installed.stdout, /tsker daemon &/);
  const target = join(directory, 'tsker');
  t.is(statSync(target).mode & 0o7777, 0o755);
  const version = await run(['env', '-i', target, '--version'], { cwd: directory });
  t.is(version.code, 0, version.stderr);
  t.regex(version.stdout, /^tsker version \d+\.\d+\.\d+/);

  const removed = await install(base, directory, { args: '--uninstall' });
  t.is(removed.code, 0, removed.stderr);
  t.false(existsSync(target));
  const again = await install(base, directory, { args: '--uninstall' });
  t.is(again.code, 1);
  t.regex(again.stderr, /is not there/);
});

test('a wrong checksum installs nothing', async (t) => {
  const base = await serve(t, `${'0'.repeat(64)}  tsker\n`);
  const directory = join(tempdir(t, 'install'), 'bin');
  const result = await install(base, directory);
  t.is(result.code, 1);
  t.regex(result.stderr, /checksum of tsker-linux-x64 is wrong: expected 0{64}/);
  t.deepEqual((await run(['ls', '-A', directory])).stdout, '');
});

test('another architecture and a missing file are refused by name', async (t) => {
  const base = await serve(t, goodSum());
  const work = tempdir(t, 'install');
  mkdirSync(join(work, 'fake'));
  writeFileSync(join(work, 'fake/uname'), '#!/bin/sh\n[ "$1" = -m ] && echo riscv64 || echo Linux\n', { mode: 0o755 });
  const other = await install(base, join(work, 'bin'), { path: `${join(work, 'fake')}:` });
  t.is(other.code, 1);
  t.regex(other.stderr, /no tsker for riscv64/);

  const missing = await install(base, join(work, 'bin'), { files: `${base}/nowhere` });
  t.is(missing.code, 1);
  t.regex(missing.stderr, /cannot fetch .*\/nowhere\/tsker-linux-x64.sha256/);
});
