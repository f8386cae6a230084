// What a remote context is, by its looks.
import test from 'ava';
import { detectRemote } from '../../../../src/builder/context/remote/detect.ts';
import { compareManifests, parseManifest } from '../../../../src/builder/context/store/manifest.ts';
import { encodeFrame, frameReader } from '../../../../src/util/agent-frames.ts';

const CASES: readonly (readonly [string, object])[] = [
  ['http://a/b.tar', { kind: 'http', url: 'http://a/b.tar' }],
  ['https://a/b.git', { kind: 'git', url: 'https://a/b.git', ref: undefined, folder: '' }],
  ['https://a/b.git#v1', { kind: 'git', url: 'https://a/b.git', ref: 'v1', folder: '' }],
  ['https://a/b.git#v1:c/d', { kind: 'git', url: 'https://a/b.git', ref: 'v1', folder: 'c/d' }],
  ['https://a/b.git#:c', { kind: 'git', url: 'https://a/b.git', ref: undefined, folder: 'c' }],
  ['git@a:b#x', { kind: 'git', url: 'git@a:b', ref: 'x', folder: '' }],
  ['github.com/a/b', { kind: 'git', url: 'https://github.com/a/b', ref: undefined, folder: '' }],
  ['https://a/b.github', { kind: 'http', url: 'https://a/b.github' }],
];

for (const [remote, expected] of CASES) {
  test(`${remote} is known for what it is`, (t) => {
    t.deepEqual(detectRemote(remote) as object, expected);
  });
}

test('what git would take for an option is refused', (t) => {
  t.throws(() => detectRemote('https://a/b.git#--exec=x'), { message: /invalid refspec/ });
});

const entry = (path: string, kind: 'd' | 'f' | 'l', signature: string) => ({ path, kind, signature }) as const;

test('what comes anew brings the directories it is in, what goes with its directory is not named', (t) => {
  const known = [
    entry('a', 'd', '1'),
    entry('a/b', 'd', '1'),
    entry('a/b/f', 'f', '1'),
    entry('a/g', 'f', '1'),
    entry('x', 'd', '1'),
    entry('x/y', 'f', '1'),
  ];
  const same = compareManifests(known, known);
  t.deepEqual(same, { missing: [], gone: [] });
  const now = [entry('a', 'd', '1'), entry('a/b', 'd', '1'), entry('a/b/f', 'f', '2'), entry('a/g', 'f', '1')];
  t.deepEqual(compareManifests(known, now), { missing: [0, 1, 2], gone: ['x'] });
});

test('a directory that became a file takes what was in it along, and the other way round', (t) => {
  const directory = [entry('a', 'd', '1'), entry('a/f', 'f', '1')];
  const file = [entry('a', 'f', '1')];
  t.deepEqual(compareManifests(directory, file), { missing: [0], gone: ['a'] });
  t.deepEqual(compareManifests(file, directory), { missing: [0, 1], gone: ['a'] });
});

test('a manifest of many files is compared in a moment', async (t) => {
  const entries = Array.from({ length: 100_000 }, (_, n) => [`f${n}`, 'f', '1']);
  const manifest = await parseManifest({ key: 'k', entries });
  t.is(compareManifests(manifest.entries, manifest.entries).missing.length, 0);
});

test('frames of agents come out as they went in, whatever the pieces', (t) => {
  const frames = [
    { agent: 0, connection: 1, data: Buffer.from('question') },
    { agent: 1, connection: 2, data: Buffer.alloc(0) },
    { agent: 0, connection: 1, data: Buffer.alloc(70_000, 'x') },
  ];
  const bytes = Buffer.concat(frames.map(encodeFrame));
  for (const size of [1, 11, 100_000]) {
    const read = frameReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...read(bytes.subarray(at, at + size)));
    t.deepEqual(found, frames);
  }
  const endless = Buffer.alloc(12);
  endless.writeUInt32BE(0xffffffff, 8);
  t.throws(() => frameReader()(endless), { message: /too long/ });
});
