// What the flags of create turn into. That it is what the docker CLI sends is shown by test/integration/cli-docker-agreement.
import test from 'ava';
import { CREATE_FLAGS, createBody } from '../../../../src/cli/create/body.ts';
import { parseArguments } from '../../../../src/cli/flags/parse.ts';
import type { CreateRequest } from '../../../../src/types/container.ts';

const FILES: Readonly<Record<string, string>> = {
  '/env': '# comment\nA=1\n\n  B=2\nHOME\nNOPE\n',
  '/bad-env': 'A B=1\n',
  '/profile.json': '{"defaultAction": "x"}',
  '/bad.json': '{',
};

const AROUND = {
  env: { HOME: '/root' },
  cwd: '/work',
  readFile: (path: string): string => {
    const text = FILES[path];
    if (text !== undefined) return text;
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
  },
};

function bodyOf(...argv: string[]): CreateRequest {
  const { flags, args } = parseArguments(CREATE_FLAGS, argv, { flagsFirst: true });
  const [image = 'image', ...command] = args;
  return createBody(flags, { image, command }, AROUND);
}

const PLAIN = { AttachStdin: false, AttachStdout: true, AttachStderr: true, Image: 'image', HostConfig: {} };

test('without flags the request says next to nothing', (t) => {
  t.deepEqual(bodyOf('image'), PLAIN);
});

test('everything after the image is the command', (t) => {
  t.deepEqual(bodyOf('-i', 'image', 'sh', '-i', '--rm').Cmd, ['sh', '-i', '--rm']);
});

test('an interactive container closes its stdin with the first one who leaves', (t) => {
  t.like(bodyOf('-it', 'image'), { AttachStdin: true, OpenStdin: true, StdinOnce: true, Tty: true });
});

test('the environment comes from flags, files and our own', (t) => {
  t.deepEqual(bodyOf('--env-file', '/env', '-e', 'A=3', '-e', 'HOME', '-e', 'UNSET', 'image').Env, [
    'A=1',
    'B=2',
    'HOME=/root',
    'A=3',
    'HOME=/root',
    'UNSET',
  ]);
});

test('a relative source of a mount is made absolute by the client', (t) => {
  t.deepEqual(bodyOf('-v', './a:/b', '-v', 'name:/c', 'image').HostConfig?.Binds, ['/work/a:/b', 'name:/c']);
  t.is(bodyOf('--mount', 'type=bind,src=../x,dst=/y', 'image').HostConfig?.Mounts?.[0]?.Source, '/x');
});

test('CSV of a mount may be quoted', (t) => {
  const mount = bodyOf('--mount', 'type=bind,"src=/a,b",dst=/c', 'image').HostConfig?.Mounts?.[0];
  t.deepEqual(mount, { Type: 'bind', Source: '/a,b', Target: '/c' });
});

test('systempaths=unconfined empties the masks instead of leaving them to the daemon', (t) => {
  const host = bodyOf('--security-opt', 'systempaths=unconfined', 'image').HostConfig;
  t.deepEqual(host, { MaskedPaths: [], ReadonlyPaths: [] });
});

test('the content of a seccomp profile travels, not its name', (t) => {
  t.deepEqual(bodyOf('--security-opt', 'seccomp=/profile.json', 'image').HostConfig?.SecurityOpt, [
    'seccomp={"defaultAction":"x"}',
  ]);
});

test('processors are counted in billionths', (t) => {
  t.is(bodyOf('--cpus', '0.1', 'image').HostConfig?.NanoCpus, 100_000_000);
});

const BAD: readonly [readonly string[], RegExp][] = [
  [['-a', 'stdwhat'], /invalid attach stream 'stdwhat'/],
  [['-e', '=x'], /invalid environment variable: =x/],
  [['--env-file', '/missing'], /open \/missing: no such file or directory/],
  [['--env-file', '/bad-env'], /variable 'A B' of \/bad-env contains whitespaces/],
  [['-l', '=x'], /invalid empty label name/],
  [['--restart', 'sometimes'], /invalid restart policy 'sometimes'/],
  [['--restart', 'always:3'], /invalid restart policy/],
  [['--restart', 'always', '--rm'], /cannot specify both --restart and --rm/],
  [['--ulimit', 'files=3'], /invalid ulimit type: files/],
  [['--ulimit', 'nofile=9:3'], /soft limit must be less than or equal to hard limit: 9 > 3/],
  [['--ulimit', 'nofile'], /invalid ulimit argument/],
  [['--memory-swappiness', '101'], /range is 0-100/],
  [['--device', 'null'], /invalid device specification/],
  [['--device', '/dev/null:/dev/x:rwx'], /invalid device specification/],
  [['--device-cgroup-rule', 'x 1:2 r'], /invalid device cgroup format/],
  [['--device-read-bps', '/dev/sda:fast'], /invalid rate for device/],
  [['--blkio-weight-device', '/dev/sda:5'], /invalid weight/],
  [['-v', ':/x'], /empty section/],
  [['--mount', 'type=bind,src=/a'], /target is required/],
  [['--mount', 'type=bind,what=1,dst=/a'], /unexpected key 'what'/],
  [['--mount', 'type=bind,src,dst=/a'], /must be a key=value pair/],
  [['--mount', 'type=bind,dst=/a,tmpfs-size=1m'], /cannot mix 'tmpfs-\*' options with mount type 'bind'/],
  [['--mount', 'type=tmpfs,dst=/a,tmpfs-mode=9'], /not an octal mode/],
  [['--mount', 'type=tmpfs,"dst=/a'], /missing "/],
  [['--mount', 'constructor=1,dst=/a'], /unexpected key 'constructor'/],
  [['-p', '80:70000'], /invalid port/],
  [['-p', 'a:b'], /invalid port/],
  [['-p', '80-81:90-93'], /invalid ranges/],
  [['-p', '80/icmp'], /invalid proto/],
  [['--network', 'a', '--network', 'a'], /specified multiple times/],
  [['--network', 'alias=x'], /network name/],
  [['--network', 'host', '--network-alias', 'x'], /only supported for user-defined networks/],
  [['--add-host', 'name'], /bad format for add-host/],
  [['--add-host', 'name:somewhere'], /invalid IP address in add-host/],
  [['--security-opt', 'what'], /invalid --security-opt/],
  [['--security-opt', 'seccomp=/missing'], /opening seccomp profile \(\/missing\) failed/],
  [['--security-opt', 'seccomp=/bad.json'], /opening seccomp profile/],
  [['--sysctl', 'name'], /invalid sysctl/],
  [['--health-cmd', 'x', '--no-healthcheck'], /conflicts/],
  [['--health-interval', 'often'], /--health-interval: invalid duration/],
  [['--health-timeout', '-1s'], /--health-timeout: invalid duration/],
  [['--log-driver', 'none', '--log-opt', 'a=b'], /invalid logging opts/],
];

for (const [argv, message] of BAD) {
  test(`create refuses ${argv.join(' ')}`, (t) => {
    t.throws(() => bodyOf(...argv, 'image'), { message });
  });
}
