// What the options of a build do, seen where they take effect: limits in the cgroup of a RUN, networks, hosts, /dev/shm; what
// is taken from other images, pulled, copied with --link, fetched by git; the same image from two daemons. Needs root.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import anyTest, { type TestFn } from 'ava';
import { busyboxImage } from '../helpers/busybox.ts';
import { cgroupDirectory, unified } from '../helpers/cgroup.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { serveGit } from '../helpers/git-server.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startRegistry } from '../helpers/registry.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';
import { waitFor } from '../helpers/wait.ts';
import { buildHarness } from './build.harness.ts';

const test = anyTest as TestFn;
const suite = suiteOwner(test);
const BASE = 'tsker/busybox';
/** Of cgroup v1. */
const CONTROLLERS = ['memory', 'cpu', 'cpuset', 'blkio', 'devices', 'freezer'];
const started = startDaemon(suite);
const { build, succeeds, contextOf } = buildHarness(suite);

test.before('the base is there', async () => {
  await (await started).tsker.ok(['pull', '-q', BASE]);
});

/** What `tsker build` prints of a context, whatever becomes of it. */
async function printed(daemon: Daemon, words: readonly string[], files: Readonly<Record<string, string>>) {
  const done = await daemon.tsker.run(['build', '--progress', 'plain', ...words, contextOf(files)]);
  return done.stdout + done.stderr;
}

test.serial('limits are those of the cgroup in which a RUN works', async (t) => {
  const files = unified
    ? ['memory.max', 'memory.swap.max', 'cpu.max', 'cpuset.cpus']
    : [
        ...['memory/memory.limit_in_bytes', 'cpu/cpu.shares', 'cpu/cpu.cfs_period_us', 'cpu/cpu.cfs_quota_us'],
        ...['cpuset/cpuset.cpus', 'cpuset/cpuset.mems'],
      ];
  const show = files.map((file) => `echo ${file.split('/').at(-1)}=$(cat /sys/fs/cgroup/${file})`).join('; ');
  const words = [
    ...['-m', '64m', '--memory-swap', '64m', '-c', '512', '--cpu-period', '20000', '--cpu-quota', '10000'],
    ...['--cpuset-cpus', '0', '--cpuset-mems', '0', '--ulimit', 'nofile=111:222'],
  ];
  const Dockerfile = `FROM ${BASE}\nRUN ${show}; echo soft=$(ulimit -Sn) hard=$(ulimit -Hn)\n`;
  const text = await printed(await started, words, { Dockerfile });
  const expected = unified
    ? [/^memory\.max=67108864$/m, /^memory\.swap\.max=0$/m, /^cpu\.max=10000 20000$/m, /^cpuset\.cpus=0$/m]
    : [
        ...[/^memory\.limit_in_bytes=67108864$/m, /^cpu\.shares=512$/m, /^cpu\.cfs_period_us=20000$/m],
        ...[/^cpu\.cfs_quota_us=10000$/m, /^cpuset\.cpus=0$/m, /^cpuset\.mems=0$/m],
      ];
  for (const pattern of [...expected, /^soft=111 hard=222$/m]) t.regex(text, pattern);
});

test.serial('--cgroup-parent is where the cgroup of a RUN is', async (t) => {
  const daemon = await started;
  const parent = `/tsker-test-build-${daemon.pid}`;
  const Dockerfile = `FROM ${BASE}\nRUN trap 'exit 0' TERM; while :; do sleep 0.05; done\n`;
  const building = printed(daemon, ['--cgroup-parent', parent, '--no-cache', '--network', 'none'], { Dockerfile });
  const children = (): string => readFileSync(`/proc/${daemon.pid}/task/${daemon.pid}/children`, 'utf8').trim();
  /** The RUN, the only child of the daemon, when its shell has taken the helper's place. */
  const running = (): number | undefined => {
    const pid = Number(children().split(' ')[0] ?? '');
    return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('trap') ? pid : undefined;
  };
  await waitFor('the RUN', () => running() !== undefined);
  const pid = running() ?? 0;
  const directories = (unified ? ['unified'] : CONTROLLERS).map((controller) => cgroupDirectory(pid, controller));
  for (const directory of directories) {
    t.regex(directory, new RegExp(`^/sys/fs/cgroup/.*${parent}/[0-9a-f]{64}$`));
    t.regex(readFileSync(join(directory, 'cgroup.procs'), 'utf8'), new RegExp(`^${pid}$`, 'm'));
  }
  // The shell looks at signals between two commands.
  process.kill(pid, 'SIGTERM');
  t.regex(await building, /Successfully built/);
  t.deepEqual(directories.filter(existsSync), []);
});

test.serial('--add-host and --shm-size are seen by a RUN, and are no part of the image', async (t) => {
  const daemon = await started;
  const Dockerfile = `FROM ${BASE}\nRUN grep -w elsewhere /etc/hosts; df -k /dev/shm | tail -n1\n`;
  const text = await printed(daemon, ['-t', 'hosts', '--add-host', 'elsewhere:10.1.2.3', '--shm-size', '8m'], {
    Dockerfile,
  });
  t.regex(text, /^10\.1\.2\.3\s+elsewhere$/m);
  t.regex(text, /^shm +8192 /m);
  t.notRegex(await daemon.tsker.ok(['run', '--rm', '--net', 'none', 'hosts', 'cat', '/etc/hosts']), /elsewhere/);
});

test.serial('--network is that of every RUN, and a RUN may have its own', async (t) => {
  const daemon = await started;
  const links = 'echo links: $(ls /sys/class/net)';
  const files = { Dockerfile: `FROM ${BASE}\nRUN ${links}\nRUN --network=none ${links}\n` };
  t.regex(await printed(daemon, ['--no-cache'], files), /^links: eth0 lo\n[\s\S]*^links: lo$/m);
  t.notRegex(await printed(daemon, ['--no-cache', '--network', 'none'], files), /eth0/);
  const host = await printed(daemon, ['--no-cache', '--network', 'host'], files);
  t.regex(host, new RegExp(`^links: .*\\b${daemon.bridge}\\b`, 'm'));
  t.regex(host, /^links: lo$/m);
});

test.serial('--cache-from takes steps from an image whose build is forgotten', async (t) => {
  const daemon = await started;
  const files = { Dockerfile: `FROM ${BASE}\nRUN echo $RANDOM$RANDOM > /chance\nENV A=b\nCOPY f /f\n`, f: 'f' };
  const first = await succeeds(daemon, files, { t: 'forgotten' });
  await daemon.tsker.ok(['builder', 'prune', '-af']);
  const taken = await succeeds(daemon, files, { cachefrom: '["nowhere:1","forgotten"]' });
  t.is(taken.text.match(/Using cache/g)?.length, 3, taken.text);
  t.is(taken.id, first.id);
  await daemon.tsker.ok(['builder', 'prune', '-af']);
  const anew = await succeeds(daemon, files);
  t.notRegex(anew.text, /Using cache/);
  t.not(anew.id, first.id);
});

test.serial('--pull asks the registry for the newest base, and a build without it does not', async (t) => {
  const daemon = await started;
  const registry = await startRegistry(t);
  const push = async (version: string) =>
    await pushImage(await busyboxImage({ config: { Env: [`VERSION=${version}`] } }), {
      ...{ url: registry.url, name: 'base', tag: 'latest' },
    });
  const files = { Dockerfile: `FROM ${registry.host}/base\nRUN echo version=$VERSION\n` };
  await push('1');
  t.regex((await succeeds(daemon, files)).text, /version=1\n/);
  await push('2');
  t.regex((await succeeds(daemon, files, { nocache: '1' })).text, /version=1\n/);
  const pulled = await succeeds(daemon, files, { pull: '1' });
  t.regex(pulled.text, /version=2\n/);
  t.true(
    pulled.messages.some((message) => 'status' in message),
    'the pull is told',
  );
  await daemon.tsker.ok(['rmi', '-f', `${registry.host}/base`]);
});

test.serial(
  'COPY --link makes a layer of its own: links below are not followed, and it is the same on another base',
  async (t) => {
    const daemon = await started;
    const dockerfile = (base: string): string =>
      [
        `FROM ${BASE}`,
        `RUN mkdir /real && echo ${base} > /real/base && ln -s real /place`,
        'COPY --link --chown=7:8 a /place/deep/a',
        'RUN ls -ln /place/deep/a; cat /place/deep/a /real/base; ls /real',
      ].join('\n');
    const layersOf = async (id: string) =>
      JSON.parse(await daemon.tsker.ok(['inspect', '--format', '{{json .RootFS.Layers}}', id])) as string[];
    const first = await succeeds(daemon, { Dockerfile: dockerfile('one'), a: 'A\n' });
    t.regex(first.text, / 7 +8 .*\/place\/deep\/a\nA\none\nbase\n/);
    const second = await succeeds(daemon, { Dockerfile: dockerfile('two'), a: 'A\n' });
    t.regex(second.text, /\nA\ntwo\nbase\n/);
    const [one, two] = [await layersOf(first.id ?? ''), await layersOf(second.id ?? '')];
    t.not(one[1], two[1]);
    t.is(one[2], two[2], 'the layer of the link is the same');
    const plain = dockerfile('one').replace('--link ', '');
    t.regex((await succeeds(daemon, { Dockerfile: plain, a: 'A\n' })).text, /\nA\none\nbase\ndeep\n/);
  },
);

test.serial('a repository is added, and is a context, by http and by the protocol of git', async (t) => {
  const daemon = await started;
  const base = tempdir(t, 'git');
  const work = join(base, 'work');
  mkdirSync(join(work, 'sub'), { recursive: true });
  writeFileSync(join(work, 'Dockerfile'), `FROM ${BASE}\nCOPY . /src\nRUN cat /src/version\n`);
  writeFileSync(join(work, 'version'), 'main\n');
  writeFileSync(join(work, 'sub/Dockerfile'), `FROM ${BASE}\nRUN echo of the folder\n`);
  const git = (...words: string[]) =>
    ok(['git', '-c', 'user.name=t', '-c', 'user.email=t@example.org', '-C', work, ...words]);
  await ok(['git', 'init', '-q', '-b', 'main', work]);
  await git('add', '.');
  await git('commit', '-q', '-m', 'one');
  const commit = await git('rev-parse', 'HEAD');
  writeFileSync(join(work, 'version'), 'later\n');
  await git('commit', '-q', '-am', 'two');
  await git('tag', 'v2');
  await ok(['git', 'clone', '-q', '--bare', work, join(base, 'project.git')]);
  const served = await serveGit(t, join(base, 'project.git'));
  for (const url of [served.http, served.git]) {
    t.regex(await daemon.tsker.ok(['build', '--no-cache', url]), /^later$/m, url);
    t.regex(await daemon.tsker.ok(['build', '--no-cache', `${url}#v2:sub`]), /^of the folder$/m, url);
    const Dockerfile = `FROM ${BASE}\nADD ${url}#v2 /kept\nADD --keep-git-dir=true ${url} /whole\nRUN cat /kept/version; ls -a /kept; test -d /whole/.git\n`;
    const { text } = await succeeds(daemon, { Dockerfile }, { nocache: '1' });
    t.regex(text, /^later\n\.\n\.\.\nDockerfile\nsub\nversion\n/m);
  }
  const again = await succeeds(daemon, { Dockerfile: `FROM ${BASE}\nADD ${served.http} /a\n` });
  const cached = await succeeds(daemon, { Dockerfile: `FROM ${BASE}\nADD ${served.http} /a\n` });
  t.is(cached.id, again.id);
  t.regex(cached.text, /Using cache/);
  const failed = await build(daemon, { Dockerfile: `FROM ${BASE}\nADD ${served.http}#${'0'.repeat(40)} /a\n` });
  t.regex(failed.error?.error ?? '', /error fetching/);
  t.is(commit.length, 40);
});

test.serial('names that are no UTF-8 come through a context, a copy and a stage as they are', async (t) => {
  const daemon = await started;
  const root = contextOf({
    Dockerfile: [
      `FROM ${BASE} AS first`,
      'COPY . /all/',
      'COPY dir/x* /matched/',
      `FROM ${BASE}`,
      'COPY --from=first /all /again',
      'COPY --from=first /matched /matched',
    ].join('\n'),
    'dir/x-text': 'text',
  });
  const inRoot = (...bytes: readonly (string | number[])[]): Buffer =>
    Buffer.concat([Buffer.from(`${root}/`), ...bytes.map((part) => Buffer.from(part as string))]);
  writeFileSync(inRoot('dir/x', [0xff, 0xfe]), 'not text');
  writeFileSync(inRoot('x', [0xe9]), Buffer.alloc(300 * 1024, 'large'));
  mkdirSync(inRoot([0xe4]));
  writeFileSync(inRoot([0xe4], '/plain'), 'below');
  execFileSync('sh', ['-c', 'ln -s "$(printf \'\\344/plain\')" link'], { cwd: root });
  await daemon.tsker.ok(['build', '-t', 'bytes', root]);
  const script = 'cd /again && find . | sort && cat link && cat /matched/x* && wc -c < "$(printf \'x\\351\')"';
  const [program = '', ...words] = daemon.tsker.path.split(' ');
  const said = execFileSync(program, [...words, 'run', '--rm', '--net', 'none', 'bytes', 'sh', '-c', script], {
    env: daemon.tsker.env,
  }).toString('latin1');
  const names = [
    '.',
    './Dockerfile',
    './dir',
    './dir/x-text',
    './dir/x\xff\xfe',
    './link',
    './x\xe9',
    './\xe4',
    './\xe4/plain',
  ];
  t.deepEqual(said.split('\n').slice(0, names.length), names);
  t.regex(said, /belowtextnot text307200\n/);
  const docker = daemon.docker();
  const theirs = await docker.run(['build', '-q', root], { env: { DOCKER_BUILDKIT: '0' } });
  t.is(theirs.code, 0, theirs.stderr);
  t.is(theirs.stdout.trim(), await daemon.tsker.ok(['build', '-q', root]), "docker's client sends the same");
});

test.serial('two daemons make the same image of the same sources with SOURCE_DATE_EPOCH', async (t) => {
  const one = await started;
  const other = await startDaemon(t, { args: ['--storage-driver', 'vfs'] });
  await other.tsker.ok(['pull', '-q', BASE]);
  const Dockerfile = [
    `FROM ${BASE} AS made`,
    'RUN mkdir -p /made/deep && echo x > /made/deep/f && ln -s f /made/l && mkfifo /made/p && rm /etc/group',
    'COPY --chown=1:2 a dir /copied/',
    'COPY <<EOF /heredoc/',
    'text',
    'EOF',
    'WORKDIR /work/here',
    'ENV A=b',
    `FROM ${BASE}`,
    'COPY --from=made /made /work /all/',
    'COPY --link a /linked/a',
    'LABEL x=y',
  ].join('\n');
  const files = { Dockerfile, a: 'a', 'dir/b': 'b' };
  const query = { nocache: '1', buildargs: '{"SOURCE_DATE_EPOCH":"1600000000"}', labels: '{"l":"m"}' };
  const first = await succeeds(one, files, query);
  const second = await succeeds(other, files, query);
  t.is(second.id, first.id);
  const squashed = { ...query, squash: '1' };
  t.is((await succeeds(other, files, squashed)).id, (await succeeds(one, files, squashed)).id);
});

test.serial('what builds leave is in system df, and builder prune gives back what its filters mean', async (t) => {
  const daemon = await startDaemon(t);
  await daemon.tsker.ok(['pull', '-q', BASE]);
  const root = contextOf({
    Dockerfile: `FROM ${BASE}\nRUN --mount=type=cache,id=packages,target=/c head -c 5000 /dev/zero > /c/f; head -c 3000 /dev/zero > /made\nENV A=b\n`,
  });
  await daemon.tsker.ok(['build', '-t', 'counted', root]);
  await daemon.tsker.ok(['build', '-t', 'counted', root]);
  interface Usage {
    readonly ID: string;
    readonly Type: string;
    readonly Description: string;
    readonly Size: number;
    readonly Shared: boolean;
    readonly UsageCount: number;
  }
  const usage = async (): Promise<readonly Usage[]> =>
    (await daemon.api('GET', '/v1.41/system/df?type=build-cache')).json<{ BuildCache: Usage[] }>().BuildCache;
  const of = (type: string, entries: readonly Usage[]) => entries.filter(({ Type }) => Type === type);
  const before = await usage();
  t.deepEqual(
    of('regular', before).map(({ Size, Shared }) => [Size, Shared]),
    [
      [3000, true],
      [0, false],
    ],
  );
  t.like(of('exec.cachemount', before)[0], { Description: 'cached mount packages', Size: 5000, Shared: false });
  t.is(of('source.local', before).length, 1);
  t.regex(await daemon.tsker.ok(['system', 'df']), /^Build Cache +4 +0 +\S+ +\S+$/m);
  // Ages differ between two calls, and docker's clients print spaces of their own behind tables.
  const section = (text: string): readonly string[] =>
    (text.split('Build cache usage: ')[1]?.split('Data root')[0] ?? '')
      .replace(/(?:Less than a|About a|\d+) (?:second|minute)s?/g, 'AGE')
      .trim()
      .split(/\s+/);
  const ours = section(await daemon.tsker.ok(['system', 'df', '-v']));
  t.true(ours.includes('exec.cachemount'));
  for (const cli of dockerClis()) {
    t.deepEqual(ours, section(await daemon.docker(cli).ok(['system', 'df', '-v'])), cli);
  }
  const prune = (...words: string[]) => daemon.tsker.ok(['builder', 'prune', '-f', ...words]);
  t.is(await prune('--filter', 'id=nothing'), 'Total reclaimed space: 0B');
  t.regex(await prune('--filter', 'type=exec.cachemount'), /Total reclaimed space: 5kB$/);
  t.is(of('exec.cachemount', await usage()).length, 0);
  await prune();
  t.deepEqual(
    (await usage()).map(({ Type, Shared }) => [Type, Shared]),
    [
      ['regular', true],
      ['source.local', false],
    ],
    'what is an image too, and what the next build needs, stays without -a',
  );
  await daemon.tsker.ok(['rmi', '-f', 'counted']);
  t.regex(await prune('--all'), /Total reclaimed space: 3\.\d+kB$/);
  t.deepEqual(await usage(), []);
  t.deepEqual(readdirSync(join(daemon.root, 'tmp')), []);
});

const BAD: readonly (readonly [what: string, words: readonly string[], message: RegExp])[] = [
  ['no directory', ['/nowhere/at/all'], /^tsker: unable to prepare context: path "\/nowhere\/at\/all" not found$/m],
  ['a file', [import.meta.filename], /^tsker: unable to prepare context: context must be a directory: \//m],
  ['no Dockerfile', ['EMPTY'], /unable to evaluate symlinks in Dockerfile path: lstat .*\/Dockerfile: no such file/],
  ['an empty Dockerfile', ['-f', 'EMPTY/none', 'EMPTY'], /the Dockerfile \(none\) cannot be empty/],
  ['a bad .dockerignore', ['-f', 'EMPTY/good', 'EMPTY'], /syntax error in pattern|illegal exclusion pattern/],
  ['a target that is not there', ['--target', 'x', 'GOOD'], /failed to reach build target x in Dockerfile/],
  ['a bad tag', ['-t', 'UPPER', 'GOOD'], /invalid reference format: repository name .*must be lowercase/],
  ['a bad build argument of time', ['--build-arg', 'SOURCE_DATE_EPOCH=x', 'GOOD'], /invalid SOURCE_DATE_EPOCH: x/],
  ['a network that is not there', ['--network', 'absent', '--no-cache', 'GOOD'], /network absent not found/],
];

for (const [what, words, message] of BAD) {
  test.serial(`${what} is said clearly`, async (t) => {
    const { tsker } = await started;
    const empty = tempdir(t, 'empty');
    if (words.includes('-f')) {
      writeFileSync(join(empty, 'none'), '');
      writeFileSync(join(empty, 'good'), `FROM ${BASE}\n`);
      if (words.includes('EMPTY/good')) writeFileSync(join(empty, '.dockerignore'), '[\n');
    }
    const good = contextOf({ Dockerfile: `FROM ${BASE}\nRUN true\n` });
    const argv = words.map((word) => word.replace('EMPTY', empty).replace('GOOD', good));
    const done = await tsker.run(['build', ...argv]);
    t.is(done.code, 1);
    t.regex(done.stderr, message);
  });
}
