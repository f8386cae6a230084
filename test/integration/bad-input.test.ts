// Wrong words on the command line and programs that cannot run: each answer is clear, has Docker's exit code, and leaves
// nothing. Needs root.
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { busyboxImage } from '../helpers/busybox.ts';
import { type Daemon, startDaemon } from '../helpers/daemon.ts';
import { dockerClis } from '../helpers/docker-cli.ts';
import { makeElf } from '../helpers/elf.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { pushImage } from '../helpers/push.ts';
import { startRegistry } from '../helpers/registry.ts';
import { engineState, leftSince } from '../helpers/residue.ts';
import type { RunResult } from '../helpers/run.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
let image: string;
let host: string;

const PROGRAMS = [
  { path: 'bin/not-executable', content: '#!/bin/sh\n', mode: 0o644 },
  { path: 'bin/arm', content: makeElf({ machine: 'aarch64' }), mode: 0o755 },
  { path: 'bin/bad-script', content: '#!/usr/bin/nosuch -x\n', mode: 0o755 },
  { path: 'bin/dos-script', content: '#!/bin/sh\r\necho hi\r\n', mode: 0o755 },
  { path: 'bin/no-loader', content: makeElf({ machine: 'x86_64', interpreter: '/lib64/ld-nosuch.so.2' }), mode: 0o755 },
  { path: 'bin/glibc', content: readFileSync('/usr/bin/true'), mode: 0o755 },
  { path: 'bin/text', content: 'just words\n', mode: 0o755 },
  { path: 'bin/empty', content: '', mode: 0o755 },
  { path: 'bin/private', content: '#!/bin/sh\n', mode: 0o700 },
];

test.before('a daemon and an image with programs that do not run', async () => {
  const registry = await startRegistry(suite);
  host = registry.host;
  image = `${host}/broken`;
  await pushImage(await busyboxImage({ layers: [{ entries: PROGRAMS }] }), {
    url: registry.url,
    name: 'broken',
    tag: 'latest',
  });
  daemon = await startDaemon(suite);
  await daemon.tsker.ok(['pull', image]);
});

/** One line that starts with `tsker: `, perhaps hints below it, and never a stack. */
function assertAnswer(t: ExecutionContext, { code, stdout, stderr }: RunResult, wanted: Answer): void {
  t.regex(stderr, /(^|\n)tsker: /);
  t.regex(stderr, wanted.says);
  t.notRegex(stderr, /\n\s+at |node:internal|undefined|\[object/);
  t.is(code, wanted.code, stderr);
  t.regex(stdout, /^(Using default tag: latest\n)?$/);
}

interface Answer {
  readonly code: number;
  readonly says: RegExp;
}

/** The command line, and what it answers. $IMAGE and $HOST stand for the image and the registry. */
const COMMAND_LINES: readonly (readonly [argv: string, code: number, says: RegExp])[] = [
  ['frobnicate', 1, /^tsker: 'frobnicate' is not a tsker command\.\nSee 'tsker --help'\n$/],
  ['rnu', 1, /^tsker: 'rnu' is not a tsker command\.\nDid you mean: tsker run\?\n/],
  ['pss', 1, /Did you mean: tsker ps/],
  ['container lss', 1, /'container lss' is not a tsker command\.\nDid you mean: tsker container ls\?/],
  ['--frobnicate', 125, /^tsker: unknown flag: --frobnicate\nSee 'tsker --help'\n$/],
  ['ps --frobnicate', 125, /^tsker: unknown flag: --frobnicate\nSee 'tsker ps --help'\n$/],
  ['ps -Z', 125, /^tsker: unknown shorthand flag: 'Z' in -Z\n/],
  ['run --memroy 5m $IMAGE', 125, /unknown flag: --memroy\nDid you mean: --memory\?/],
  ['run -m 5x $IMAGE', 125, /invalid argument "5x" for "-m, --memory" flag/],
  ['run --cpus many $IMAGE', 125, /invalid argument "many" for "--cpus" flag/],
  ['run --cpus 1000 $IMAGE', 125, /only \d+ CPUs available/],
  ['run -m 1k $IMAGE', 125, /Minimum memory limit allowed is 6MB/],
  ['run', 1, /^tsker: "tsker run" requires at least 1 argument\.\nSee 'tsker run --help'\n$/],
  ['ps one', 1, /"tsker ps" accepts no arguments/],
  ['stop', 1, /"tsker stop" requires at least 1 argument/],
  ['run -it $IMAGE', 1, /the input device is not a TTY/],
  ['run $HOST/nosuch', 125, /$HOST\/nosuch:latest.*(not found|manifest unknown)/],
  ['run 127.0.0.1:1/nosuch', 125, /127\.0\.0\.1:1.*connection refused/],
  ['pull $HOST/nosuch', 1, /nosuch.*(not found|manifest unknown)/],
  ['pull $IMAGE:nosuch', 1, /nosuch.*(not found|manifest unknown)/],
  ['pull UPPER', 1, /invalid reference format: repository name .* must be lowercase/],
  ['run -- --bad', 125, /invalid reference format/],
  ['run --pull never nosuch', 125, /No such image: nosuch:latest/],
  ['run --name a/b $IMAGE true', 125, /Invalid container name \(a\/b\)/],
  ['run --net nosuch $IMAGE true', 125, /network nosuch not found/],
  ['run --rm --net container:nosuch $IMAGE true', 125, /No such container: nosuch/],
  ['run --rm -u nosuch $IMAGE true', 125, /unable to find user nosuch: no matching entries in passwd file/],
  ['run --rm -u root:nosuch $IMAGE true', 125, /unable to find group nosuch: no matching entries in group file/],
  ['run -w relative $IMAGE true', 125, /working directory 'relative' is invalid, it needs to be an absolute path/],
  ['run -v relative/path:/x $IMAGE true', 125, /relative\/path/],
  ['run -v /tmp:relative $IMAGE true', 125, /relative.*absolute/],
  ['run -v /tmp:/x:nosuchmode $IMAGE true', 125, /nosuchmode/],
  ['run -e =x $IMAGE true', 125, /invalid environment variable: =x/],
  ['logs nosuch', 1, /No such container: nosuch/],
  ['logs --since yesterday nosuch', 1, /yesterday|No such container/],
  ['kill -s NOSUCH nosuch', 1, /NOSUCH|No such container/],
  ['rmi nosuch', 1, /No such image: nosuch/],
  ['ps --filter nosuch=1', 1, /invalid filter 'nosuch'/],
  ['ps --format {{.ID', 1, /template parsing error/],
  ['load -i /nosuch.tar', 1, /\/nosuch\.tar.*no such file or directory/],
  ['import /nosuch.tar', 1, /\/nosuch\.tar.*no such file or directory/],
  ['-H unix:///nosuch/socket ps', 1, /cannot connect to the tsker daemon at unix:\/\/\/nosuch\/socket/],
  ['-H tcp://127.0.0.1:1 ps', 1, /cannot connect to the tsker daemon at tcp:\/\/127\.0\.0\.1:1/],
  ['-H nosuch://x ps', 1, /nosuch:\/\/x/],
];

for (const [line, code, says] of COMMAND_LINES) {
  test.serial(`tsker ${line}`, async (t) => {
    const before = await engineState(daemon);
    const fill = (text: string): string => text.replaceAll('$IMAGE', image).replaceAll('$HOST', host);
    const result = await daemon.tsker.run(line.split(' ').map(fill));
    assertAnswer(t, result, { code, says: new RegExp(fill(says.source), says.flags) });
    t.deepEqual(await leftSince(daemon, before), []);
  });
}

const FAILURES: readonly (Answer & { readonly argv: readonly string[]; readonly flags?: readonly string[] })[] = [
  { argv: ['nosuch'], code: 127, says: /exec: "nosuch": executable file not found in \$PATH/ },
  { argv: ['slep'], code: 127, says: /"slep": executable file not found in \$PATH.*"sleep"/ },
  { argv: ['/bin/nosuch'], code: 127, says: /exec: "\/bin\/nosuch": stat \/bin\/nosuch: no such file or directory/ },
  { argv: ['/bin/ehco'], code: 127, says: /no such file or directory.*"echo"/ },
  { argv: ['/nosuch/program'], code: 127, says: /no such file or directory.*\/nosuch does not exist/ },
  {
    argv: ['/etc/passwd'],
    code: 126,
    says: /permission denied.*\/etc\/passwd has no execute permission \(mode 0644\)/,
  },
  { argv: ['/etc'], code: 126, says: /permission denied.*is a directory/ },
  { argv: ['/bin/not-executable'], code: 126, says: /permission denied.*no execute permission/ },
  { argv: ['not-executable'], code: 126, says: /permission denied.*no execute permission/ },
  {
    argv: ['/bin/arm'],
    code: 126,
    says: /exec format error.*\/bin\/arm is built for (aarch64|arm64), and this host is /,
  },
  { argv: ['arm'], code: 126, says: /exec format error.*\/bin\/arm is built for (aarch64|arm64)/ },
  {
    argv: ['/bin/bad-script'],
    code: 127,
    says: /no such file or directory.*the interpreter "\/usr\/bin\/nosuch" in the first line of \/bin\/bad-script/,
  },
  { argv: ['bad-script'], code: 127, says: /the interpreter "\/usr\/bin\/nosuch" in the first line/ },
  { argv: ['/bin/dos-script'], code: 127, says: /carriage return \(DOS line ends\)/ },
  {
    argv: ['/bin/no-loader'],
    code: 127,
    says: /\/bin\/no-loader needs the dynamic loader \/lib64\/ld-nosuch\.so\.2, which does not exist/,
  },
  { argv: ['glibc'], code: 127, says: /needs the dynamic loader \/lib64\/ld-linux-x86-64\.so\.2.*glibc/ },
  { argv: ['text'], code: 126, says: /exec format error.*neither an ELF program nor a script that starts with #!/ },
  { argv: ['empty'], code: 126, says: /exec format error.*\/bin\/empty is empty/ },
  { argv: ['/bin/private'], flags: ['-u', 'www'], code: 126, says: /permission denied.*user 33 may not execute it/ },
  { argv: ['true'], flags: ['-w', '/etc/passwd'], code: 125, says: /\/etc\/passwd.*not a directory/ },
  { argv: ['--help'], flags: ['--entrypoint', ''], code: 127, says: /exec: "--help": executable file not found/ },
  { argv: ['x'], flags: ['--entrypoint', '/bin/arm'], code: 126, says: /built for (aarch64|arm64)/ },
];

for (const { argv, flags = [], code, says } of FAILURES) {
  const title = [...flags, ...argv].join(' ');

  test.serial(`a program that cannot run, by tsker: ${title}`, async (t) => {
    const before = await engineState(daemon);
    assertAnswer(t, await daemon.tsker.run(['run', '--rm', ...flags, image, ...argv]), { code, says });
    t.deepEqual(await leftSince(daemon, before), []);
  });

  test.serial(`a program that cannot run, by docker: ${title}`, async (t) => {
    const before = await engineState(daemon);
    const result = await daemon.docker(dockerClis()[0]).run(['run', '--rm', ...flags, image, ...argv]);
    // The docker CLI knows 126 by "permission denied" and "is a directory" alone.
    t.is(result.code, /exec format error/.test(result.stderr) ? 125 : code, result.stderr);
    t.regex(result.stderr, says);
    t.deepEqual(await leftSince(daemon, before), []);
  });
}

test.serial('a start that failed leaves a container that says why and can be removed', async (t) => {
  const before = await engineState(daemon);
  const { code } = await daemon.tsker.run(['run', '--name', 'failed', image, 'nosuch']);
  t.is(code, 127);
  const {
    ExitCode,
    Error: error,
    Status,
  } = JSON.parse(await daemon.tsker.ok(['inspect', '-f', '{{json .State}}', 'failed']));
  t.deepEqual({ ExitCode, Status }, { ExitCode: 127, Status: 'created' });
  t.regex(error, /executable file not found/);
  const again = await daemon.tsker.run(['start', 'failed']);
  t.is(again.code, 1);
  t.regex(again.stderr, /executable file not found/);
  await daemon.tsker.ok(['rm', 'failed']);
  t.deepEqual(await leftSince(daemon, before), []);
});
