// The same Dockerfiles (test/fixtures/build) by the reference engine's classic builder and by tsker: what files the image
// has, with owners, modes, links and content, what its configuration and its history say, and what the client printed
// (root, docker.io 20.10).
//
// What may differ: ids, times, sizes of layers (Docker counts the text of symbolic links), the digests behind `file:`, `dir:` and `multi:` in the history, what Docker writes of the
// container of a step (Hostname, Image, container_config), and which of its own defaults a configuration spells out.

import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { Limiter } from '../../src/registry/limiter.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { type DockerCli, dockerClis } from '../helpers/docker-cli.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const FIXTURES = join(import.meta.dirname, '../fixtures/build');
const CONTEXT_TIME = 1_600_000_000;
const BUILD_ARGS = ['--build-arg', 'GIVEN=from the client', '--build-arg', 'UNUSED=1', '--label', 'zlast=1'];

const isThere = dockerClis().includes('old');
const engines = isThere ? start() : undefined;
const check = needing(test, { 'docker.io 20.10': isThere });

async function start(): Promise<{ readonly ours: DockerCli; readonly theirs: DockerCli; readonly context: string }> {
  const context = await makeContext();
  const [daemon, reference] = await Promise.all([startDaemon(suite), startDocker(suite)]);
  const archive = join(tempdir(suite, 'image'), 'busybox.tar');
  writeFileSync(archive, dockerArchive(await busyboxImage(), ['busybox:latest']));
  const ours = cliOf(daemon);
  await Promise.all([ours.ok(['load', '-i', archive]), reference.cli.ok(['load', '-i', archive])]);
  return { ours, theirs: reference.cli, context };
}

function cliOf(daemon: Daemon): DockerCli {
  return daemon.docker('old');
}

async function makeContext(): Promise<string> {
  const root = tempdir(suite, 'context');
  const file = (path: string, content: string, mode = 0o644): void =>
    writeFileSync(join(root, path), content, { mode });
  for (const directory of ['dir/sub', 'empty']) mkdirSync(join(root, directory), { recursive: true });
  file('a.txt', 'a\n');
  file('b c.txt', 'b c\n');
  file('.hidden', 'hidden\n');
  file('script.sh', '#!/bin/sh\necho hi\n', 0o755);
  file('private', 'private\n', 0o600);
  file('dir/one', 'one\n');
  file('dir/two', 'two\n', 0o640);
  file('dir/sub/three', 'three\n');
  symlinkSync('a.txt', join(root, 'link'));
  symlinkSync('one', join(root, 'dir/ln'));
  await ok(['tar', '-czf', 'archive.tar.gz', '--owner=33', '--group=50', 'dir', 'script.sh'], { cwd: root });
  await ok(['tar', '-cf', 'archive.tar', '--owner=0', '--group=0', 'dir/one'], { cwd: root });
  await ok(['sh', '-c', 'echo no tar | gzip -n > notarchive.gz'], { cwd: root });
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (path !== 'link' && path !== 'dir/ln') utimesSync(join(root, path), CONTEXT_TIME, CONTEXT_TIME);
  }
  return root;
}

interface Built {
  readonly output: string;
  readonly tree: string;
  readonly config: Record<string, unknown>;
  readonly author: unknown;
  readonly history: readonly unknown[];
}

async function build(cli: DockerCli, { context, name }: { context: string; name: string }): Promise<Built> {
  const tag = `case-${name.toLowerCase()}`;
  const dockerfile = join(FIXTURES, `${name}.Dockerfile`);
  const env = { ...cli.env, DOCKER_BUILDKIT: '0' };
  const output = await cli.ok(['build', ...BUILD_ARGS, '-t', tag, '-f', dockerfile, context], { env });
  const [inspected] = JSON.parse(await cli.ok(['inspect', tag])) as [
    { Config: Record<string, unknown>; Author: unknown },
  ];
  const history = await cli.ok(['history', '--no-trunc', '--format', '{{.CreatedBy}}|{{.Comment}}', tag]);
  return {
    output: normalOutput(output),
    tree: await treeOf(cli, tag),
    config: normalConfig(inspected.Config),
    author: inspected.Author,
    history: history.split('\n').map((line) => line.replace(/(file|dir|multi):[0-9a-f]{64}/g, '$1:DIGEST')),
  };
}

/** Ids, and what the client says of the context it sends. */
function normalOutput(output: string): string {
  return output
    .replace(/^Sending build context.*\n?/gm, '')
    .replace(/build-args \[(.*)\]/, (_, names: string) => `build-args [${names.split(' ').sort().join(' ')}]`)
    .replace(/ ---> [0-9a-f]{12}$/gm, ' ---> ID')
    .replace(/^( ---> Running in|Removing intermediate container|Successfully built) [0-9a-f]{12}$/gm, '$1 ID');
}

/** Names of layers' files with all that a tar tells of them; times only where the context gave them. */
async function treeOf(cli: DockerCli, tag: string): Promise<string> {
  const container = (await cli.ok(['create', tag, 'none'])).trim();
  const archive = join(tempdir(suite, 'export'), 'tree.tar');
  try {
    await cli.ok(['export', '-o', archive, container]);
    const script = `tar -tvf "$1" --full-time --numeric-owner | grep -vE '${OWN_FILES}' | sort -k6`;
    const listed = await ok(['sh', '-c', script, 'sh', archive]);
    const contents = `tar -xf "$1" --to-command='printf "%s " "$TAR_FILENAME"; sha256sum' | grep -vE '${OWN_CONTENTS}' | sort`;
    const digests = await ok(['sh', '-c', contents, 'sh', archive]);
    return `${listed.replace(/ (?!2020-09-13 )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? /g, ' TIME ')}\n${digests}`;
  } finally {
    rmSync(archive, { force: true });
    await cli.ok(['rm', container]);
  }
}

/** What the engines put into every container, and busybox's applets. */
const OWN_FILES =
  ' (dev/.*|proc/|sys/|[.]dockerenv|etc/hostname|etc/hosts|etc/resolv.conf|etc/mtab -> .*|etc/|.* -> busybox)$';
const OWN_CONTENTS = '^([.]dockerenv|dev/.*|etc/hostname|etc/hosts|etc/resolv.conf) ';

/** Fields of a container rather than an image, and empty ones. */
function normalConfig(config: Record<string, unknown>): Record<string, unknown> {
  const { Hostname: _, Image: __, Domainname: ___, ...rest } = config;
  return Object.fromEntries(
    Object.entries(rest)
      .filter(([, value]) => !isEmpty(value))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

const names = readdirSync(FIXTURES).map((file) => basename(file, '.Dockerfile'));

/** The reference engine mostly waits for its disk. No two cases begin alike, so none finds another's steps in the cache. */
const atOnce = new Limiter(4);

for (const name of names.sort()) {
  check(`${name} comes out as the reference engine's classic builder makes it`, async (t) => {
    t.timeout(400_000);
    if (engines === undefined) return t.fail('there is no reference engine');
    const { ours, theirs, context } = await engines;
    const release = await atOnce.acquire(new AbortController().signal);
    const building = Promise.all([build(ours, { context, name }), build(theirs, { context, name })]);
    const [mine, reference] = await building.finally(release);
    t.deepEqual(mine.history, reference.history);
    t.deepEqual(mine.config, reference.config);
    t.is(mine.author, reference.author);
    t.is(mine.tree, reference.tree);
    t.is(mine.output, reference.output);
  });
}

test('there are as many cases as the comparison promises, and no two begin alike', (t) => {
  t.is(names.length, 25);
  const beginnings = new Map<string, Set<string>>();
  for (const name of names) {
    const lines = readFileSync(join(FIXTURES, `${name}.Dockerfile`), 'utf8').split('\n');
    const said = lines.filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of said.filter((_, index) => said[index - 1]?.startsWith('FROM busybox'))) {
      beginnings.set(line, (beginnings.get(line) ?? new Set()).add(name));
    }
  }
  const shared = [...beginnings.values()].filter((of) => of.size > 1);
  t.deepEqual(shared, []);
  t.true(readFileSync(join(FIXTURES, '01-plain.Dockerfile'), 'utf8').startsWith('FROM'));
});
