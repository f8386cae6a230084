import test from 'ava';
import { completeConfig } from '../../../../src/daemon/container/defaults.ts';
import { commandOf, mergeImageConfig } from '../../../../src/daemon/container/merge.ts';
import type { ContainerConfig } from '../../../../src/types/container-config.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const config = (given: Partial<ContainerConfig> = {}): ContainerConfig =>
  completeConfig({
    body: { Image: 'i', ...given },
    id: 'a'.repeat(64),
    hostHostname: 'host',
    cgroupnsMode: 'host',
    runtime: 'inprocess',
    defaultNetwork: 'bridge',
    defaultLog: { Type: 'json-file', Config: {} },
  });

type Words = readonly string[] | null;
const COMMANDS: [string, { user: [Words, Words]; image: [Words, Words] }, string[]][] = [
  ['the image says both', { user: [null, null], image: [['ep'], ['cmd']] }, ['ep', 'cmd']],
  ['the user says a command', { user: [null, ['mine']], image: [['ep'], ['cmd']] }, ['ep', 'mine']],
  ['the user says an entrypoint', { user: [['mine'], null], image: [['ep'], ['cmd']] }, ['mine']],
  ['the user says both', { user: [['mine'], ['x', 'y']], image: [['ep'], ['cmd']] }, ['mine', 'x', 'y']],
  ['the user resets the entrypoint', { user: [[''], ['x']], image: [['ep'], ['cmd']] }, ['x']],
  ['only the image has a command', { user: [null, null], image: [null, ['cmd', 'a']] }, ['cmd', 'a']],
  ['an empty list is nothing', { user: [[], []], image: [null, ['cmd']] }, ['cmd']],
];
for (const [what, { user, image }, expected] of COMMANDS) {
  test(`what is executed when ${what}`, (t) => {
    const merged = mergeImageConfig(config({ Entrypoint: user[0], Cmd: user[1] }), {
      Entrypoint: image[0],
      Cmd: image[1],
    });
    const { path, args } = commandOf(merged);
    t.deepEqual([path, ...args], expected);
  });
}

test('without any command it is refused', (t) => {
  const error = t.throws(() => mergeImageConfig(config(), {}), { instanceOf: TskerError });
  t.is(error?.message, 'no command specified');
  t.throws(() => mergeImageConfig(config({ Entrypoint: [''] }), { Cmd: null }), { instanceOf: TskerError });
});

test("the user's words win, the image's fill up", (t) => {
  const merged = mergeImageConfig(
    config({ Cmd: ['x'], Env: ['A=user', 'B=user'], Labels: { a: 'user' }, User: 'u', Volumes: { '/u': {} } }),
    {
      Env: ['A=image', 'C=image'],
      Labels: { a: 'image', b: 'image' },
      User: 'image',
      WorkingDir: '/image',
      StopSignal: 'SIGINT',
      ExposedPorts: { '80/tcp': {} },
      Volumes: { '/i': {} },
    },
  );
  t.deepEqual(merged.Env, ['A=user', 'B=user', 'C=image']);
  t.deepEqual(merged.Labels, { a: 'user', b: 'image' });
  t.is(merged.User, 'u');
  t.is(merged.WorkingDir, '/image');
  t.is(merged.StopSignal, 'SIGINT');
  t.deepEqual(merged.ExposedPorts, { '80/tcp': {} });
  t.deepEqual(merged.Volumes, { '/i': {}, '/u': {} });
});

test('a container is called by the beginning of its id, one on the host by the host', (t) => {
  t.is(config().Hostname, 'a'.repeat(12));
  t.is(config({ Hostname: 'mine' }).Hostname, 'mine');
  const body = { Image: 'i', HostConfig: { NetworkMode: 'host' } };
  const request = {
    body,
    id: 'b'.repeat(64),
    hostHostname: 'host',
    cgroupnsMode: '',
    runtime: '',
    defaultNetwork: '',
    defaultLog: { Type: 'json-file', Config: {} },
  };
  t.is(completeConfig(request).Hostname, 'host');
});
