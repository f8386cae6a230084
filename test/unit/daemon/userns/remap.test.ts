import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type IdFiles, resolveRemap } from '../../../../src/daemon/userns/remap.ts';
import type { Owner } from '../../../helpers/owner.ts';
import { tempdir } from '../../../helpers/tempdir.ts';

function files(owner: Owner, text: Partial<IdFiles> = {}): IdFiles {
  const directory = tempdir(owner, 'ids');
  const write = (name: keyof IdFiles, fallback: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text[name] ?? fallback);
    return path;
  };
  return {
    passwd: write(
      'passwd',
      'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1001::/home/ann:/bin/sh\nlone:x:5:5::/:/bin/sh\n',
    ),
    group: write('group', 'root:x:0:\nann:x:1001:\nstaff:x:50:\n'),
    subuid: write('subuid', 'ann:100000:65536\n'),
    subgid: write('subgid', 'ann:100000:65536\nstaff:300000:10\n'),
  };
}

const starts = (maps: ReturnType<typeof resolveRemap>): number[][] => [
  maps.uidMappings.map(({ hostID }) => hostID),
  maps.gidMappings.map(({ hostID }) => hostID),
];

for (const [text, expected] of [
  ['ann', [[100_000], [100_000]]],
  ['1000', [[100_000], [100_000]]],
  ['ann:staff', [[100_000], [300_000]]],
  ['1000:50', [[100_000], [300_000]]],
] as const) {
  test(`${text} names ranges`, (t) => {
    t.deepEqual(
      starts(resolveRemap(text, files(t))),
      expected.map((list) => [...list]),
    );
  });
}

for (const [text, said] of [
  ['', /^invalid user\/group specification in --userns-remap: ""$/],
  ['a:b:c', /^invalid user\/group specification in --userns-remap: "a:b:c"$/],
  ['ann:', /^invalid user\/group specification/],
  ['who', /^Error during uid lookup for "who": no matching entries in /],
  ['77', /^Uid 77 has no entry in /],
  ['ann:who', /^Error during gid lookup for "who": no matching/],
  ['root', /^Can't create ID mappings: no subuid ranges found for user "root"$/],
] as const) {
  test(`${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => resolveRemap(text, files(t)), { message: said });
  });
}

test('default lends dockremap ranges that nobody has, once', (t) => {
  const paths = files(t, { subuid: 'ann:100000:65536' });
  t.deepEqual(starts(resolveRemap('default', paths)), [[165_536], [165_536]]);
  t.is(readFileSync(paths.subuid, 'utf8'), 'ann:100000:65536\ndockremap:165536:65536\n');
  const before = readFileSync(paths.subgid, 'utf8');
  t.deepEqual(starts(resolveRemap('default', paths)), [[165_536], [165_536]]);
  t.is(readFileSync(paths.subgid, 'utf8'), before);
});
