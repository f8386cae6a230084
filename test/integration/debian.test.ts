// Debian end to end, through the executable: pushed to a real registry, pulled by tsker, seen by a container, compared file
// by file with what umoci unpacks; then its programs run, by tsker's command line and by Docker's. Needs root, docker-registry,
// debootstrap, skopeo, umoci. layer-debian.test.ts is the same below the daemon, for every graphdriver.
import { join } from 'node:path';
import test from 'ava';
import { readTree, type Tree, type TreeEntry } from '../conformance/tree.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { debianImage } from '../helpers/debian.ts';
import { type DockerCli, dockerClis } from '../helpers/docker-cli.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startRegistry } from '../helpers/registry.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const suite = suiteOwner(test);
const ROOT_TREE = join(import.meta.dirname, '../fixtures/acceptance/root_tree.py');

/** What an engine puts into a container's root file system itself: mount points, as Docker's init layer does. */
const ENGINE_MADE = new Set(['.dockerenv', 'etc/hosts', 'etc/mtab', 'dev/console', 'dev/pts', 'dev/shm', 'dev/mqueue']);

let daemon: Daemon;
let name: string;
let unpacked: string;

test.before('the image is pushed, unpacked by umoci, and pulled by tsker', async (t) => {
  t.timeout(600_000);
  const registry = await startRegistry(suite);
  const image = await debianImage();
  await pushImage(image, { url: registry.url, name: 'debian', tag: 'bookworm' });
  name = `${registry.host}/debian:bookworm`;
  unpacked = await unpackByUmoci(name);
  daemon = await startDaemon(suite);
  const pulled = await daemon.tsker.ok(['pull', name]);
  t.regex(pulled, new RegExp(`^Digest: ${image.manifest.digest}$`, 'm'));
  t.regex(pulled, new RegExp(`^Status: Downloaded newer image for ${name}$`, 'm'));
});

/** The bundle's root file system. skopeo makes an OCI layout of what the registry serves; umoci reads nothing else. */
async function unpackByUmoci(reference: string): Promise<string> {
  const work = tempdir(suite, 'umoci');
  const layout = join(work, 'layout');
  await ok(['skopeo', 'copy', '-q', '--src-tls-verify=false', `docker://${reference}`, `oci:${layout}:debian`]);
  await ok(['umoci', 'unpack', '--image', `${layout}:debian`, join(work, 'bundle')]);
  return join(work, 'bundle/rootfs');
}

/** How many blocks a file takes is the file system's business. */
function comparable(entry: TreeEntry | undefined): Omit<TreeEntry, 'blocks'> | undefined {
  if (entry === undefined) return undefined;
  const { blocks: _, ...rest } = entry;
  return rest;
}

function differences(found: Tree, expected: Tree): unknown[] {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])].sort();
  return names
    .map((path) => [path, comparable(found[path]), comparable(expected[path])] as const)
    .filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b));
}

/** Directories in which the engine made something have another mtime; nothing else of them may differ. */
function withoutEngineMade(found: Tree, expected: Tree): { found: Tree; expected: Tree } {
  const made = Object.keys(found).filter((path) => ENGINE_MADE.has(path) && expected[path] === undefined);
  const touched = new Set(made.map((path) => path.split('/').slice(0, -1).join('/')));
  const keep = (tree: Tree): Tree =>
    Object.fromEntries(
      Object.entries(tree)
        .filter(([path]) => !made.includes(path))
        .map(([path, entry]) => [path, touched.has(path) ? { ...entry, mtime: '' } : entry]),
    );
  return { found: keep(found), expected: keep(expected) };
}

test('what a container sees is, file by file with metadata, what umoci unpacks', async (t) => {
  t.timeout(300_000);
  const id = await daemon.tsker.ok(['run', '-d', name, 'sleep', '1000']);
  const pid = await daemon.tsker.ok(['inspect', '-f', '{{.State.Pid}}', id]);
  const seen = JSON.parse(await ok(['/usr/bin/python3', ROOT_TREE, pid])) as Tree;
  const { found, expected } = withoutEngineMade(seen, await readTree(unpacked));

  t.true(Object.keys(expected).length > 20_000);
  t.deepEqual(differences(found, expected).slice(0, 10), []);
  const stat = ['stat', '-c', '%F %a %u %g'];
  t.is(await daemon.tsker.ok(['run', '--rm', name, ...stat, '/']), await ok([...stat, unpacked]));

  // The comparison is worth nothing unless the image holds what is hard.
  const entries = Object.values(expected);
  t.true(entries.some(({ mode }) => mode === '0o4755'));
  t.true(entries.some(({ links }) => links.length > 2));
  t.true(entries.some(({ xattrs }) => 'security.capability' in xattrs));
  t.true(entries.some(({ kind }) => kind === 'character'));
  t.is(expected['usr/share/zoneinfo/Europe/Berlin'], undefined);
  await daemon.tsker.ok(['rm', '-f', id]);
});

interface Program {
  readonly title: string;
  readonly argv: readonly string[];
  readonly expected: RegExp;
  readonly flags?: readonly string[];
}

const PERL = `use strict; use warnings; use POSIX qw(uname); use List::Util qw(sum);
my %seen; $seen{length $_}++ for split /\\n/, do { local $/; open my $f, '<', '/etc/passwd' or die $!; <$f> };
print "perl ", sum(map { $_ * 2 } 1..100), " ", (uname())[0], " ", scalar(keys %seen) > 0 ? "read" : "empty", "\\n";`;

const PROGRAMS: readonly Program[] = [
  { title: 'apt-get', argv: ['apt-get', '--version'], expected: /^apt 2\.6\.\d+ \(amd64\)/ },
  {
    title: 'su to another user and back',
    argv: ['sh', '-c', 'su alice -c "id -un; pwd; id -u"; su - alice -c "pwd"; id -un'],
    expected: /^alice\n\/\n1000\n\/home\/alice\nroot$/,
  },
  {
    title: 'a setuid program by a user',
    flags: ['-u', 'alice'],
    argv: ['sh', '-c', 'id -un; passwd -S alice'],
    expected: /^alice\nalice L /,
  },
  { title: 'ping', argv: ['ping', '-c1', '127.0.0.1'], expected: /1 packets transmitted, 1 received, 0% packet loss/ },
  {
    title: 'ping with a file capability by a user',
    flags: ['-u', 'alice'],
    argv: ['ping-cap', '-c1', '127.0.0.1'],
    expected: /1 packets transmitted, 1 received/,
  },
  { title: 'a perl script', argv: ['perl', '-e', PERL], expected: /^perl 10100 Linux read$/ },
  {
    title: 'a python script',
    argv: ['python3', '-c', 'import os, sys; print("python", sys.version_info.major, os.getpid(), sum(range(10)))'],
    expected: /^python 3 1 45$/,
  },
  {
    title: 'dpkg on the package database',
    argv: ['sh', '-c', 'dpkg --audit && dpkg -V perl-base && dpkg-query -f x -W | wc -c'],
    expected: /^\d{2,3}$/,
  },
  {
    title: 'writes, and a file deleted from a lower layer',
    argv: ['sh', '-c', 'rm /etc/os-release && echo x >/etc/os-release && mv /srv/fixtures /srv/moved && ls /srv'],
    expected: /^moved$/,
  },
];

const CLIENTS: Readonly<Record<string, () => DockerCli>> = {
  tsker: () => daemon.tsker,
  ...Object.fromEntries(dockerClis().map((cli) => [`docker (${cli})`, () => daemon.docker(cli)])),
};

for (const [client, cli] of Object.entries(CLIENTS)) {
  for (const { title, argv, expected, flags = [] } of PROGRAMS) {
    test(`${client} run: ${title}`, async (t) => {
      const { code, stdout, stderr } = await cli().run(['run', '--rm', ...flags, name, ...argv]);
      t.is(code, 0, stderr + stdout);
      t.regex(stdout.trimEnd(), expected);
      t.is(stderr, '');
    });
  }
}
