// Dockerfiles as people have them, on a Debian base: packages through apt, an npm project with `npm ci`, a C program in two
// stages. The images run. Needs root, debootstrap, and the mirrors that apt and npm of this machine use.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { debianImage } from '../helpers/debian.ts';
import { wholeNpm } from '../helpers/npm.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { tempdir } from '../helpers/tempdir.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const LIMIT = 600_000;

let daemon: Daemon;

test.before('the base is there', async (t) => {
  t.timeout(LIMIT);
  daemon = await startDaemon(suite);
  const archive = join(tempdir(suite, 'image'), 'debian.tar');
  writeFileSync(archive, dockerArchive(await debianImage(), ['debian:latest']));
  await daemon.tsker.ok(['load', '-i', archive], { timeout: LIMIT });
});

function context(name: string, files: Readonly<Record<string, string>>): string {
  const root = tempdir(suite, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** The mirrors are where the host finds them. */
async function build(tag: string, root: string, more: readonly string[] = []): Promise<string> {
  const args = ['build', '--network', 'host', '-t', tag, ...more, root];
  const built = await daemon.tsker.run(args, { timeout: LIMIT });
  if (built.code !== 0) throw new Error(`${built.stdout.slice(-4000)}\n${built.stderr}`);
  return built.stdout;
}

/** This machine's npm may trust more than a Debian does. */
const certificates = [
  '--secret',
  `id=ca,src=${process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt'}`,
];

const APT = 'apt-get update -q && apt-get install -qy --no-install-recommends';

test.serial('a C program is compiled in one stage, and runs alone in the next', async (t) => {
  t.timeout(LIMIT);
  const root = context('c', {
    Dockerfile: `# syntax=docker/dockerfile:1
FROM debian AS build
ENV DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked ${APT} gcc libc6-dev make && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile .
COPY --link src src
ARG GREETING=hello
RUN make GREETING="$GREETING" && ./program > /expected

FROM scratch
COPY --from=build --chmod=555 /src/program /expected /
USER 65534
ENTRYPOINT ["/program"]
`,
    '.dockerignore': '*.o\n',
    Makefile: 'program: src/main.c\n\t$(CC) -static -DGREETING=\'"$(GREETING)"\' -o $@ $<\n',
    'src/main.c': '#include <stdio.h>\nint main(void) { puts(GREETING); return 0; }\n',
    'src/stale.o': 'of another machine',
  });
  await build('program', root, ['--build-arg', 'GREETING=hello there']);
  t.is(await daemon.tsker.ok(['run', '--rm', 'program']), 'hello there');
  const again = await build('program', root, ['--build-arg', 'GREETING=hello there']);
  t.is(again.match(/Using cache/g)?.length, 10, again);
  // Only what depends on the argument is done again: no package is installed.
  const other = await build('program', root, ['--build-arg', 'GREETING=bye']);
  t.notRegex(other, /Setting up gcc/);
  t.is(await daemon.tsker.ok(['run', '--rm', 'program']), 'bye');
});

test.serial('an npm project is installed by npm ci, and runs', async (t) => {
  t.timeout(LIMIT);
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
  };
  const { version = '', integrity } = lock.packages['node_modules/ms'] ?? {};
  const manifest = { name: 'app', version: '1.0.0', dependencies: { ms: version } };
  const root = context('npm', {
    Dockerfile: `FROM debian AS node
RUN ${APT} libstdc++6 ca-certificates
COPY node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm

FROM node
WORKDIR /app
COPY package*.json ./
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=ca NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --omit=dev
COPY . .
RUN <<END
set -e
node index.js > built
END
HEALTHCHECK CMD node -e 0
CMD ["node", "index.js"]
`,
    '.dockerignore': 'node\nnpm\nnode_modules\n!node\n!npm\nDockerfile\n',
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({
      ...{ name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true },
      packages: {
        '': manifest,
        'node_modules/ms': { version, integrity, resolved: `https://registry.npmjs.org/ms/-/ms-${version}.tgz` },
      },
    }),
    'index.js': "console.log(require('ms')('2 days'));\n",
    'node_modules/ms/index.js': 'throw new Error("of the host");\n',
  });
  cpSync(process.execPath, join(root, 'node'));
  cpSync(await wholeNpm(t), join(root, 'npm'), { recursive: true, dereference: true });
  await build('app', root, certificates);
  t.is(await daemon.tsker.ok(['run', '--rm', 'app']), '172800000');
  // A change of the program does not install anything again, and is all that is sent.
  writeFileSync(join(root, 'index.js'), "console.log(require('ms')('1 day'));\n");
  const again = await build('app', root, certificates);
  t.regex(again, /^Sending build context to tsker daemon {2}\d+(\.\d+)?[kM]B, \d{3,} files unchanged$/m);
  t.notRegex(again, /added 1 package/);
  t.is(await daemon.tsker.ok(['run', '--rm', 'app']), '86400000');
});

test.serial('a RUN that fails shows what the program said, and its number', async (t) => {
  t.timeout(LIMIT);
  const root = context('fails', { Dockerfile: 'FROM debian\nRUN apt-get install -qy no-such-package-anywhere\n' });
  const built = await daemon.tsker.run(['build', root], { timeout: LIMIT });
  t.is(built.code, 100);
  t.regex(built.stdout, /Unable to locate package no-such-package-anywhere/);
  t.regex(built.stderr, /^tsker: The command '\/bin\/sh -c apt-get install .*' returned a non-zero code: 100$/m);
});
