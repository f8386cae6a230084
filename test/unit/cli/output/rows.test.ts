import test from 'ava';
import { showEvent } from '../../../../src/cli/commands/events.ts';
import { containerRow, showPorts } from '../../../../src/cli/output/container-row.ts';
import { imageRows } from '../../../../src/cli/output/image-row.ts';
import type { ContainerSummary, Port } from '../../../../src/types/container.ts';
import type { ImageSummary } from '../../../../src/types/image.ts';

const CONTAINER: ContainerSummary = {
  Id: '0123456789abcdef',
  Names: ['/web', '/other/alias'],
  Image: 'busybox',
  ImageID: 'sha256:ffff',
  Command: "sh -c 'a command that is long'",
  Created: 1000,
  Ports: [],
  Labels: { b: '2', a: '1' },
  State: 'running',
  Status: 'Up 2 minutes',
  HostConfig: { NetworkMode: 'default' },
  NetworkSettings: { Networks: {} },
  Mounts: [],
};

test('a container is a row of texts, cut for reading', (t) => {
  const row = containerRow(CONTAINER, { noTrunc: false, now: 1_120_000 });
  t.like(row, {
    ID: '0123456789ab',
    Command: '"sh -c \'a command th…"',
    Names: 'web',
    RunningFor: '2 minutes ago',
    Labels: 'a=1,b=2',
    Size: '0B',
  });
  t.is((row['Label'] as (name: string) => string)('a'), '1');
  t.is((row['Label'] as (name: string) => string)('none'), '');
});

test('nothing is cut with --no-trunc', (t) => {
  const row = containerRow({ ...CONTAINER, SizeRw: 5, SizeRootFs: 2000 }, { noTrunc: true, now: 0 });
  t.like(row, { ID: '0123456789abcdef', Names: 'web,other/alias', Size: '5B (virtual 2kB)' });
  t.is(row['Command'], '"sh -c \'a command that is long\'"');
});

const port = (PrivatePort: number, PublicPort?: number, IP?: string, Type = 'tcp'): Port => ({
  PrivatePort,
  Type,
  ...(PublicPort === undefined ? {} : { PublicPort }),
  ...(IP === undefined ? {} : { IP }),
});

const PORTS: readonly [readonly Port[], string][] = [
  [[], ''],
  [[port(80)], '80/tcp'],
  [[port(81), port(80), port(82)], '80-82/tcp'],
  [[port(80, 8080, '0.0.0.0'), port(80, 8080, '::')], '0.0.0.0:8080->80/tcp, [::]:8080->80/tcp'],
  [[port(80, 8080, '0.0.0.0'), port(81, 8081, '0.0.0.0')], '0.0.0.0:8080-8081->80-81/tcp'],
  [[port(53, 53, '127.0.0.1', 'udp'), port(90)], '127.0.0.1:53->53/udp, 90/tcp'],
];
for (const [ports, text] of PORTS) test(`ports are shown: ${text || 'none'}`, (t) => t.is(showPorts(ports), text));

const IMAGE: ImageSummary = {
  Id: 'sha256:0123456789abcdef',
  ParentId: '',
  RepoTags: ['busybox:latest', 'localhost:5000/app:1'],
  RepoDigests: ['busybox@sha256:aa', 'gone@sha256:bb'],
  Created: 1000,
  Size: 1_982_000,
  SharedSize: -1,
  Labels: null,
  Containers: -1,
};
const OPTIONS = { noTrunc: false, digests: false, now: 1_120_000 };

test('an image is a row for each of its tags', (t) => {
  const rows = imageRows(IMAGE, OPTIONS);
  t.deepEqual(
    rows.map((row) => `${row['Repository']} ${row['Tag']} ${row['Digest']} ${row.ID} ${row['Size']}`),
    ['busybox latest <none> 0123456789ab 1.98MB', 'localhost:5000/app 1 <none> 0123456789ab 1.98MB'],
  );
});

test('digests are shown beside tags, and repositories known by a digest alone have a row', (t) => {
  const rows = imageRows(IMAGE, { ...OPTIONS, digests: true });
  t.deepEqual(
    rows.map((row) => `${row['Repository']} ${row['Tag']} ${row['Digest']}`),
    ['busybox latest sha256:aa', 'localhost:5000/app 1 <none>', 'gone <none> sha256:bb'],
  );
});

test('an image without a name is a row all the same', (t) => {
  t.like(imageRows({ ...IMAGE, RepoTags: [], RepoDigests: [] }, OPTIONS)[0], { Repository: '<none>', Tag: '<none>' });
});

test('an event is a line with all its nanoseconds', (t) => {
  const line =
    '{"Type":"container","Action":"die","Actor":{"ID":"ab","Attributes":{"name":"web","exitCode":"0"}},"time":1738324800,"timeNano":1738324800123456789}';
  t.regex(showEvent(line), /^2025-\S+T\S+\.123456789\S+ container die ab \(exitCode=0, name=web\)\n$/);
});
