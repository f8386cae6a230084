// What of a directory arrives in an image: by the docker CLI and the reference engine, and by tsker's own client and daemon,
// for contexts with everything that .dockerignore files are about (root, docker.io 20.10).
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { type DockerCli, dockerClis } from '../helpers/docker-cli.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { tempdir } from '../helpers/tempdir.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const isThere = dockerClis().includes('old');
const engines = isThere ? start() : undefined;

async function start(): Promise<{ readonly ours: DockerCli; readonly theirs: DockerCli; readonly context: string }> {
  const [daemon, reference, image] = await Promise.all([startDaemon(suite), startDocker(suite), busyboxImage()]);
  const archive = join(tempdir(suite, 'image'), 'busybox.tar');
  writeFileSync(archive, dockerArchive(image, ['busybox:latest']));
  await Promise.all([daemon.tsker.ok(['load', '-i', archive]), reference.cli.ok(['load', '-i', archive])]);
  return { ours: daemon.tsker, theirs: reference.cli, context: makeContext() };
}

function makeContext(): string {
  const root = tempdir(suite, 'context');
  const files = [
    'a.c',
    'a.o',
    'src/b.c',
    'src/b.o',
    'src/deep/c.c',
    'docs/README.md',
    'docs/x.md',
    'modules/m/i.js',
    'é',
  ];
  for (const file of files) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), file, { mode: 0o640 });
  }
  mkdirSync(join(root, 'empty'));
  symlinkSync('a.c', join(root, 'link'));
  symlinkSync('/etc', join(root, 'out'));
  writeFileSync(join(root, 'large'), Buffer.alloc(1_000_000, 'large'));
  writeFileSync(join(root, 'Dockerfile'), 'FROM busybox\nCOPY . /ctx/\n');
  return root;
}

const IGNORES: readonly (string | undefined)[] = [
  undefined,
  '**/*.o\nmodules\n',
  '*\n!src\n!*.c\nsrc/deep\n',
  'docs/*\n!docs/README.md\nDockerfile\n.dockerignore\n',
  '**/b.?\n[d-f]*\n!é\n',
];

const LIST =
  'cd /ctx && find . | sort | while read f; do stat -c "%n %a %u:%g %F %N" "$f"; test -f "$f" && md5sum "$f"; done; true';

/** With its own client: the second build of a context comes from what the daemon has already. */
async function arrivals(cli: DockerCli, context: string): Promise<string> {
  await cli.ok(['build', '--no-cache', '-t', 'arrived', context], { env: { ...cli.env, DOCKER_BUILDKIT: '0' } });
  return await cli.ok(['run', '--rm', '--net', 'none', 'arrived', 'sh', '-c', LIST]);
}

for (const ignore of IGNORES) {
  const check = needing(test.serial, { 'docker.io 20.10': isThere });
  check(`the same files arrive with .dockerignore ${JSON.stringify(ignore)}`, async (t) => {
    if (engines === undefined) return t.fail();
    const { ours, theirs, context } = await engines;
    rmSync(join(context, '.dockerignore'), { force: true });
    if (ignore !== undefined) writeFileSync(join(context, '.dockerignore'), ignore);
    const expected = await arrivals(theirs, context);
    t.is(await arrivals(ours, context), expected);
    t.is(await arrivals(ours, context), expected, 'from the stored context');
  });
}
