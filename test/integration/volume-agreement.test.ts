// Volumes through the docker CLI and through tsker's: about the same engine both print the same. And the API beside the
// reference engine: the same requests, the same statuses, messages and fields. Needs: root, Debian's dockerd, the docker CLI.
import test from 'ava';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxImage } from '../helpers/busybox.ts';
import { startDaemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { startWithBusybox } from './daemon.harness.ts';

/** Words between spaces; `␣` is a space inside one. */
const QUESTIONS: readonly string[] = [
  'volume ls',
  'volume ls -q',
  'volume ls -q -f dangling=true',
  'volume ls -f label=tier=data --format {{.Name}}:{{.Driver}}:{{.Scope}}:{{.Labels}}:{{.Links}}:{{.Size}}',
  'volume ls -f name=^v --format table␣{{.Name}}\\t{{.Label␣"tier"}}',
  'volume inspect v10',
  'volume inspect --format {{.Options.o}}␣{{.Labels.tier}}␣{{.Driver}} v2',
  'inspect --type volume -f {{.Name}} v2',
  'ps -a --format {{.Mounts}}:{{.LocalVolumes}}',
  'ps -aq --filter volume=v10',
  'ps -aq --filter volume=/there',
  'inspect -f {{json␣.Mounts}} has',
  'system df',
];

/** What the daemon said; the docker CLI of 20.10 says in words of its own that a volume is not there. */
function spoken(stderr: string): string {
  return stderr
    .replace(/^Error response from daemon: /, '')
    .replace(/^Error: No such volume: (.*)$/m, (_, name: string) => `get ${name}: no such volume`);
}

test('the docker CLI and tsker say the same of volumes', async (t) => {
  const daemon = await startWithBusybox(t, { args: ['--bridge', 'none'] });
  const { tsker } = daemon;
  await tsker.ok(['volume', 'create', 'v10']);
  await tsker.ok([
    'volume',
    'create',
    '--label',
    'tier=data',
    '-o',
    'type=tmpfs',
    '-o',
    'device=tmpfs',
    '-o',
    'o=size=1m',
    'v2',
  ]);
  await tsker.ok(['create', '--name', 'has', '-v', 'v10:/there:ro', '--mount', 'type=tmpfs,dst=/t', 'busybox', 'sh']);
  await Promise.all(
    QUESTIONS.map(async (question) => {
      const words = question.split(' ').map((word) => word.replaceAll('␣', ' '));
      const [ours, theirs] = await Promise.all([tsker.run(words), daemon.docker().run(words)]);
      t.is(ours.stdout, theirs.stdout, question);
      t.is(ours.code, theirs.code, question);
    }),
  );
  for (const words of [
    ['volume', 'rm', 'v10'],
    ['volume', 'rm', 'nope'],
    ['volume', 'inspect', 'nope'],
  ]) {
    const [ours, theirs] = await Promise.all([tsker.run(words), daemon.docker().run(words)]);
    t.is(ours.code, theirs.code, words.join(' '));
    t.is(ours.stderr.replace(/^tsker: /, ''), spoken(theirs.stderr));
  }
  t.is(await tsker.ok(['volume', 'prune', '-f']), 'Total reclaimed space: 0B', 'named volumes stay');
  await daemon.docker().ok(['volume', 'create', 'loose']);
  t.regex(await tsker.ok(['volume', 'prune', '-af']), /^Deleted Volumes:\nloose\n\nTotal reclaimed space: 0B$/);
  t.is(await tsker.ok(['volume', 'rm', '-f', 'nope']), 'nope');
});

type Wish = readonly [method: string, path: string, body?: object];

const volumes = (HostConfig: object, more: object = {}): Wish => [
  'POST',
  '/v1.41/containers/create',
  { Image: 'busybox', HostConfig, ...more },
];
const mount = (more: object): Wish => volumes({ Mounts: [{ Type: 'volume', Target: '/v', ...more }] });

/** In this order, on both engines: what comes later depends on what came before. */
const WISHES: readonly Wish[] = [
  ['GET', '/v1.41/volumes'],
  ['POST', '/v1.41/volumes/create', { Name: 'one' }],
  ['POST', '/v1.41/volumes/create', { Name: 'one', Labels: { a: 'b' } }],
  ['POST', '/v1.41/volumes/create', { Name: 'two', Labels: {}, DriverOpts: {} }],
  ['POST', '/v1.41/volumes/create', { Name: 'tm', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' } }],
  ['POST', '/v1.41/volumes/create', { Name: 'o' }],
  ['POST', '/v1.41/volumes/create', { Name: 'a/b' }],
  ['POST', '/v1.41/volumes/create', { Name: 'bad', DriverOpts: { type: 'tmpfs' } }],
  ['POST', '/v1.41/volumes/create', { Name: 'bad', DriverOpts: { foo: 'bar' } }],
  ['POST', '/v1.41/volumes/create', { Name: 'bad', DriverOpts: { size: '1M' } }],
  ['GET', '/v1.41/volumes/nope'],
  ['GET', '/v1.41/volumes/one'],
  ['GET', `/v1.41/volumes?filters=${encodeURIComponent('{"name":["^t"]}')}`],
  ['GET', `/v1.41/volumes?filters=${encodeURIComponent('{"nope":["x"]}')}`],
  ['GET', `/v1.41/volumes?filters=${encodeURIComponent('{"dangling":["maybe"]}')}`],
  ['DELETE', '/v1.41/volumes/nope'],
  ['DELETE', '/v1.41/volumes/nope?force=1'],
  volumes({ Binds: ['vv:/y:shared'] }),
  volumes({ Binds: ['vv:/y:foo'] }),
  volumes({ Binds: ['vv:y'] }),
  volumes({ Binds: ['vv:/'] }),
  volumes({ Binds: ['vv:/y:ro:z'] }),
  volumes({ Binds: ['vv:/y:nocopy,nocopy'] }),
  volumes({ Binds: ['/tmp:/y:nocopy'] }),
  volumes({ Binds: ['a/b:/y'] }),
  volumes({ Binds: ['vv:/y', 'ww:/y'] }),
  volumes({ Binds: ['vv:/y'], Tmpfs: { '/y': '' } }),
  mount({ ReadOnly: true }),
  mount({ Source: 'vv', BindOptions: { Propagation: 'shared' } }),
  mount({ Source: 'vv', Target: 'rel' }),
  mount({ Source: '/abs' }),
  volumes({ VolumesFrom: [''] }),
  volumes({ VolumesFrom: ['nope'] }),
  volumes({ VolumesFrom: ['nope:foo'] }),
  ['POST', `/v1.41/volumes/prune?filters=${encodeURIComponent('{"nope":["x"]}')}`],
  // The reference has made it for a container that it then refused.
  ['DELETE', '/v1.41/volumes/vv?force=1'],
  ['POST', '/v1.41/volumes/prune'],
];

test('the API answers as the reference engine does', async (t) => {
  const [ours, theirs] = await Promise.all([startDaemon(t, { args: ['--bridge', 'none'] }), startDocker(t)]);
  const archive = dockerArchive(await busyboxImage({ config: {} }), ['busybox:latest']);
  for (const { socket } of [ours, theirs]) {
    await call({ target: socket, method: 'POST', path: '/images/load', body: archive });
  }
  for (const [method, path, body] of WISHES) {
    const ask = async (target: string, root: string): Promise<unknown> => {
      const { status, text } = await call({ target, method, path, ...(body === undefined ? {} : { body }) });
      // The old engine calls a mount that it does not understand a failure of its own.
      return { status: status === 500 ? 400 : status, answer: comparable(text, root) };
    };
    t.deepEqual(
      await ask(ours.socket, ours.root),
      await ask(theirs.socket, theirs.root),
      `${method} ${path} ${JSON.stringify(body) ?? ''}`,
    );
  }
});

/** Without what has to differ: tsker's hints, where the roots are, when it was, and in which order Go's maps come. */
function comparable(text: string, root: string): unknown {
  if (text.trim() === '') return '';
  const value = JSON.parse(text.replaceAll(root, 'ROOT')) as Record<string, unknown>;
  const plain = JSON.stringify(value, (key, item: unknown) => {
    if (key === 'hint') return undefined;
    if (key === 'CreatedAt') return typeof item;
    if (Array.isArray(item)) return item.toSorted((a, b) => (withoutTime(a) < withoutTime(b) ? -1 : 1));
    return item;
  });
  return JSON.parse(plain);
}

function withoutTime(value: unknown): string {
  return JSON.stringify(value).replace(/"CreatedAt":"[^"]*"/, '');
}
