// Projects as people have them: a C program whose tools come from Debian by apt, an npm project with its lock file; built on
// Debian by debootstrap, and run. They need root and what apt and npm of this machine reach.
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { debianImage } from '../helpers/debian.ts';
import { wholeNpm } from '../helpers/npm.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { run } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const started = startDaemon(suite);
const BUILD_TIMEOUT = 300_000;

function project(files: Readonly<Record<string, string>>): string {
  const root = tempdir(suite, 'project');
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content);
  return root;
}

test.before('Debian is there', async (t) => {
  t.timeout(900_000);
  // First: unpacking the image keeps this process from seeing the daemon's answers.
  const { tsker } = await started;
  const archive = join(tempdir(suite, 'debian'), 'image.tar');
  writeFileSync(archive, dockerArchive(await debianImage(), ['debian:bookworm']));
  await tsker.ok(['load', '-i', archive]);
});

test.serial('a C program in two stages, its compiler by apt', async (t) => {
  t.timeout(BUILD_TIMEOUT);
  const { tsker } = await started;
  const root = project({
    'hello.c': '#include <stdio.h>\nint main(void) { puts("hello from C"); return 0; }\n',
    Makefile: 'hello: hello.c\n\ttcc -o hello hello.c\n',
    Dockerfile: [
      'FROM debian:bookworm AS build',
      // The mirror may be a snapshot.
      'RUN echo \'Acquire::Check-Valid-Until "false";\' > /etc/apt/apt.conf.d/99test \\',
      ' && apt-get update && apt-get install -y --no-install-recommends tcc libc6-dev make',
      'WORKDIR /src',
      'COPY . .',
      'RUN make',
      'FROM debian:bookworm',
      'COPY --from=build /src/hello /usr/local/bin/',
      'USER nobody',
      'CMD ["hello"]',
      '',
    ].join('\n'),
  });
  await tsker.ok(['build', '--network', 'host', '-t', 'c-project', root], { timeout: BUILD_TIMEOUT });
  t.is(await tsker.ok(['run', '--rm', '--net', 'none', 'c-project']), 'hello from C');
  t.is(
    await tsker.ok(['run', '--rm', '--net', 'none', 'c-project', 'sh', '-c', 'command -v tcc || echo none']),
    'none',
  );
});

test.serial('an npm project with npm ci', async (t) => {
  t.timeout(BUILD_TIMEOUT);
  const { tsker } = await started;
  const root = project({
    'package.json': JSON.stringify({ name: 'app', version: '1.0.0', dependencies: { ms: '2.1.3' } }),
    'index.js': "console.log(require('ms')(60_000));\n",
    '.dockerignore': 'node_modules\n',
    Dockerfile: [
      'FROM debian:bookworm AS node',
      'COPY --chmod=755 tools/node /usr/local/bin/node',
      'COPY tools/npm /usr/local/lib/npm',
      'COPY tools/ca.crt /etc/ssl/certs/ca-certificates.crt',
      'RUN ln -s ../lib/npm/bin/npm-cli.js /usr/local/bin/npm',
      'FROM node AS dependencies',
      // The registry may be behind a proxy with an authority of its own.
      'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
      'WORKDIR /app',
      'COPY package*.json .',
      'RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund',
      'FROM node',
      'WORKDIR /app',
      'COPY --from=dependencies /app/node_modules node_modules',
      'COPY . .',
      'ENTRYPOINT ["node", "index.js"]',
      '',
    ].join('\n'),
  });
  await run(['npm', 'install', '--package-lock-only', '--no-audit', '--no-fund'], { cwd: root });
  const tools = join(root, 'tools');
  mkdirSync(tools);
  cpSync(process.execPath, join(tools, 'node'));
  cpSync(await wholeNpm(t), join(tools, 'npm'), { recursive: true });
  const authorities = '/etc/ssl/certs/ca-certificates.crt';
  writeFileSync(join(tools, 'ca.crt'), '');
  if (existsSync(authorities)) cpSync(authorities, join(tools, 'ca.crt'));
  await tsker.ok(['build', '--network', 'host', '-t', 'npm-project', root], { timeout: BUILD_TIMEOUT });
  t.is(await tsker.ok(['run', '--rm', '--net', 'none', 'npm-project']), '1m');
});
