// Images made to harm: what the engine reads of a root file system, mounts on it or writes into it is a trap. The daemon goes
// on, the host is untouched, and a container either runs confined or is refused in clear words. Needs root.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { busyboxEntries } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { type Image, makeImage } from '../helpers/image.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { type Registry, startRegistry } from '../helpers/registry.ts';
import { engineState, leftSince } from '../helpers/residue.ts';
import type { RunResult } from '../helpers/run.ts';
import type { TarEntry } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

const suite = suiteOwner(test);
let registry: Registry;
let daemon: Daemon;
let busybox: readonly TarEntry[];

test.before(async () => {
  registry = await startRegistry(suite);
  daemon = await startDaemon(suite);
  busybox = await busyboxEntries();
});

/** Busybox without what the trap takes the place of, and the trap. */
function trapped(entries: readonly TarEntry[], config: Record<string, unknown> = {}): Image {
  const places = entries.map(({ path }) => path.replace(/\/$/, ''));
  const kept = busybox.filter(({ path }) => !places.some((place) => path === place || path.startsWith(`${place}/`)));
  return makeImage({
    layers: [{ entries: [...kept, ...entries] }],
    config: { Cmd: ['true'], Env: ['PATH=/bin'], ...config },
  });
}

interface Trap {
  readonly title: string;
  readonly entries: readonly TarEntry[];
  readonly flags?: readonly string[];
  readonly argv?: readonly string[];
  readonly config?: Record<string, unknown>;
  /** Checks what came of it. */
  check(t: ExecutionContext, result: RunResult): unknown;
}

/** It runs, or is refused in words that name what is wrong. */
function runsOrSays(says: RegExp): Trap['check'] {
  return (t, { code, stderr }) => {
    if (code !== 0) t.regex(stderr, says);
    t.true([0, 1, 125, 126, 127].includes(code), `${code} ${stderr}`);
  };
}

function runs(t: ExecutionContext, { code, stderr }: RunResult): void {
  t.is(code, 0, stderr);
}

const PASSWD_FLAGS = ['-u', 'www'];

const TRAPS: readonly Trap[] = [
  {
    title: '/etc/passwd is a named pipe that nobody writes to',
    entries: [{ path: 'etc/passwd', type: 'fifo' }],
    flags: PASSWD_FLAGS,
    check: (t, { code, stderr }) => {
      t.is(code, 125);
      t.regex(stderr, /passwd|find user www/);
    },
  },
  {
    title: '/etc/passwd is /dev/zero',
    entries: [{ path: 'etc/passwd', type: 'character', major: 1, minor: 5, mode: 0o666 }],
    flags: PASSWD_FLAGS,
    check: (t, { code, stderr }) => {
      t.is(code, 125);
      t.regex(stderr, /passwd|find user www/);
    },
  },
  {
    title: '/etc/passwd is a directory',
    entries: [{ path: 'etc/passwd/', type: 'directory' }],
    flags: PASSWD_FLAGS,
    check: (t, { code, stderr }) => {
      t.is(code, 125);
      t.regex(stderr, /passwd|find user www/);
    },
  },
  {
    title: '/etc/passwd is a link to itself',
    entries: [{ path: 'etc/passwd', type: 'symlink', target: 'passwd' }],
    flags: PASSWD_FLAGS,
    check: (t, { code }) => t.is(code, 125),
  },
  {
    title: "/etc/passwd leads to the host's",
    entries: [{ path: 'etc/passwd', type: 'symlink', target: '../../../../../../../../proc/1/root/etc/passwd' }],
    flags: ['-u', 'daemon'],
    check: (t, { code, stderr }) => {
      t.is(code, 125);
      t.regex(stderr, /find user daemon/);
    },
  },
  {
    title: '/etc/passwd has lines of rubbish, numbers out of range and no end of line',
    entries: [
      {
        path: 'etc/passwd',
        content: `\0\n:::::\nwww:x:-1:99999999999999999999:a:b:c\nroot:x:0x0:0::/:\n${'a'.repeat(1_000_000)}\nwww:x:33:33:w:/home:/bin/sh`,
      },
    ],
    flags: PASSWD_FLAGS,
    argv: ['id', '-u'],
    check: (t, { code, stdout, stderr }) => {
      t.true(code === 125 || stdout === '33\n', `${code} ${stdout} ${stderr}`);
    },
  },
  {
    title: '/etc/passwd is larger than any',
    entries: [{ path: 'etc/passwd', content: Buffer.alloc(64_000_000, 'x:x:1:1:::\n') }],
    flags: PASSWD_FLAGS,
    check: (t, { code, stderr }) => {
      t.is(code, 125);
      t.regex(stderr, /passwd|find user www/);
    },
  },
  ...(['proc', 'sys', 'dev'] as const).map(
    (name): Trap => ({
      title: `/${name} is a link to /tmp`,
      entries: [{ path: name, type: 'symlink', target: '/tmp' }],
      argv: [
        'sh',
        '-c',
        'ls /tmp/ >/dev/null; cat /proc/sys/kernel/core_pattern >/dev/null; echo x >/proc/sys/kernel/core_pattern',
      ],
      // runc refuses: what is masked and made read-only below it would not be what it seems.
      check: (t, { code, stderr }) => {
        t.not(code, 0);
        t.regex(stderr, /proc|sys|dev|Read-only/);
      },
    }),
  ),
  {
    title: '/proc is a link out of the root',
    entries: [{ path: 'proc', type: 'symlink', target: '../../../../../../proc' }],
    check: runsOrSays(/proc/),
  },
  {
    title: '/proc is a file',
    entries: [{ path: 'proc', content: '' }],
    check: (t, { code, stderr }) => {
      t.is(code, 125);
      t.regex(stderr, /\/proc/);
    },
  },
  {
    title: '/etc/hosts, /etc/resolv.conf and /etc/hostname are links that lead out of the root',
    entries: ['hosts', 'resolv.conf', 'hostname'].map((name) => ({
      path: `etc/${name}`,
      type: 'symlink' as const,
      target: `../../../../../../../../tmp/tsker-trap-${name}`,
    })),
    argv: ['cat', '/etc/hosts'],
    check: (t, result) => {
      runsOrSays(/\/etc\/(hosts|resolv\.conf|hostname)/)(t, result);
      for (const name of ['hosts', 'resolv.conf', 'hostname']) t.false(existsSync(`/tmp/tsker-trap-${name}`));
    },
  },
  {
    title: "/etc/resolv.conf is a link of systemd's that leads nowhere",
    entries: [{ path: 'etc/resolv.conf', type: 'symlink', target: '../run/systemd/resolve/stub-resolv.conf' }],
    argv: ['cat', '/etc/resolv.conf'],
    check: runs,
  },
  {
    title: '/etc is a link out of the root',
    entries: [{ path: 'etc', type: 'symlink', target: '../../../../../../../../tmp' }],
    check: runs,
  },
  {
    title: 'the working directory leads out of the root',
    entries: [{ path: 'work', type: 'symlink', target: '../../../../../../../../root' }],
    config: { WorkingDir: '/work/inside' },
    argv: ['sh', '-c', 'pwd -P; ls -d /root/inside'],
    check: (t, result) => {
      runsOrSays(/work/)(t, result);
      t.false(existsSync('/root/inside'));
    },
  },
  {
    title: 'the working directory is a descriptor of the engine (CVE-2024-21626)',
    entries: [{ path: 'fd', type: 'symlink', target: '/proc/self/fd/' }],
    config: { WorkingDir: '/fd/8' },
    argv: ['sh', '-c', 'pwd -P; cat ../../../../etc/hostname'],
    check: (t, { code, stderr }) => {
      t.true([125, 126, 127].includes(code));
      t.regex(stderr, /\/fd\/8/);
    },
  },
  {
    title: "the program is the engine's own executable (CVE-2019-5736)",
    entries: [{ path: 'bin/self', type: 'symlink', target: '/proc/self/exe' }],
    argv: ['self', 'true'],
    // What it executes is the helper, from a sealed memory file; it finds no plan and ends.
    check: (t, { code }) => t.not(code, 0),
  },
  {
    title: 'a configuration with wrong types and odd words',
    entries: [],
    config: { Env: ['=', 'A', '\u0001=x', 'B=a\nb'], User: '', WorkingDir: '', Labels: { '': '' } },
    check: runsOrSays(/env|invalid/i),
  },
  {
    title: 'a volume of the image with .. in its path',
    entries: [],
    config: { Volumes: { '/../../../../tmp/tsker-trap-volume': {} } },
    check: (t, result) => {
      runsOrSays(/volume|invalid|path/i)(t, result);
      t.false(existsSync('/tmp/tsker-trap-volume'));
    },
  },
];

for (const [index, { title, entries, flags = [], argv = [], config, check }] of TRAPS.entries()) {
  test.serial(title, async (t) => {
    const before = await engineState(daemon);
    const name = `trap-${index}`;
    await pushImage(trapped(entries, config), { url: registry.url, name, tag: 'latest' });
    const reference = `${registry.host}/${name}`;
    await daemon.tsker.ok(['pull', reference], { timeout: 30_000 });
    const result = await daemon.tsker.run(['run', '--rm', ...flags, reference, ...argv], { timeout: 30_000 });
    t.log(result.code, result.stderr.trimEnd().slice(0, 300));
    t.notRegex(result.stderr, /\n\s+at |node:internal|undefined|TypeError/);
    await check(t, result);
    t.is(await daemon.tsker.ok(['run', '--rm', 'tsker/busybox', 'echo', 'alive'], { timeout: 30_000 }), 'alive');
    await daemon.tsker.ok(['rmi', reference, 'tsker/busybox']);
    t.deepEqual(await leftSince(daemon, before), []);
  });
}

test.serial('bind mounts of the user follow links of the image inside the root only', async (t) => {
  const outside = tempdir(t, 'outside');
  const mine = tempdir(t, 'mine');
  writeFileSync(join(mine, 'file'), 'mine');
  mkdirSync(join(outside, 'target'));
  const image = trapped([
    { path: 'data', type: 'symlink', target: `../../../../../../../..${outside}/target` },
    { path: 'data2', type: 'symlink', target: `../../../../../../../..${outside}/made` },
  ]);
  await pushImage(image, { url: registry.url, name: 'binds', tag: 'latest' });
  const reference = `${registry.host}/binds`;
  const args = ['-v', `${mine}:/data`, '-v', `${mine}/file:/data2/file`, reference];
  await daemon.tsker.run(['run', '--rm', ...args, 'true']);
  t.deepEqual(readdirSync(outside), ['target']);
  t.deepEqual(readdirSync(join(outside, 'target')), []);
  t.is(readFileSync(join(mine, 'file'), 'utf8'), 'mine');
  t.is(statSync(mine).mode & 0o777, 0o700);
});
