import test from 'ava';
import { parseGroup, parsePasswd } from '../../../src/runtime/passwd.ts';
import { homeOf, parseUsers, resolveUser } from '../../../src/runtime/users.ts';

const USERS = parseUsers(
  'root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/srv:/bin/sh\nnohome:x:40:50::\n99:x:7:8::/seven:\n',
  'root:x:0:\nwww:x:33:\nstaff:x:50:www, other\nadm:x:51:other,www\n77:x:78:\n',
);
const NONE = parseUsers(undefined, undefined);

const CASES: readonly [
  spec: string,
  add: string[],
  expected: [uid: number, gid: number, groups: number[], home: string],
][] = [
  ['', [], [0, 0, [0], '/root']],
  ['root', [], [0, 0, [0], '/root']],
  ['0', [], [0, 0, [0], '/root']],
  ['www', [], [33, 33, [33, 50, 51], '/srv']],
  ['33', [], [33, 33, [33, 50, 51], '/srv']],
  ['www:staff', [], [33, 50, [50], '/srv']],
  ['www:1000', [], [33, 1000, [1000], '/srv']],
  ['1000', [], [1000, 0, [0], '/']],
  ['1000:1000', [], [1000, 1000, [1000], '/']],
  [':50', [], [0, 50, [50], '/root']],
  ['nohome', [], [40, 50, [50], '/']],
  ['99', [], [7, 8, [8], '/seven']],
  ['www:77', [], [33, 78, [78], '/srv']],
  ['www', ['adm', '51', '2000'], [33, 33, [33, 50, 51, 2000], '/srv']],
  ['4294967294', [], [4294967294, 0, [0], '/']],
];

for (const [spec, add, [uid, gid, groups, home]] of CASES) {
  test(`the user ${JSON.stringify(spec)}${add.length > 0 ? ` with groups ${add.join(', ')}` : ''}`, (t) => {
    const user = resolveUser(spec, USERS, add);
    t.deepEqual([user.uid, user.gid, user.additionalGids, user.home], [uid, gid, groups, home]);
  });
}

for (const [spec, add, message] of [
  ['nobody', [], 'unable to find user nobody: no matching entries in passwd file'],
  ['-1', [], 'unable to find user -1: no matching entries in passwd file'],
  ['www:nobody', [], 'unable to find group nobody: no matching entries in group file'],
  ['4294967295', [], 'uids and gids must be in range 0-4294967294'],
  ['99999999999', [], 'uids and gids must be in range 0-4294967294'],
  ['www', ['nobody'], 'Unable to find group nobody: no matching entries in group file'],
] as const) {
  test(`refused: the user ${JSON.stringify(spec)} ${add.join(',')}`, (t) => {
    t.throws(() => resolveUser(spec, USERS, add), { message, name: 'TskerError' });
  });
}

test('an image without the files has root and numbers', (t) => {
  t.deepEqual(resolveUser('', NONE), { uid: 0, gid: 0, additionalGids: [0], home: '/', name: undefined });
  t.is(resolveUser('12:13', NONE).gid, 13);
  t.throws(() => resolveUser('root', NONE), { message: /unable to find user root/ });
});

test('lines that are no entries are passed over', (t) => {
  const text = '# comment\n\nbroken\n:x:1:1::/:\nx:x:-1:0::/:\nx:x:5000000000:0::/:\ngood:x:1:2::/home/good:/bin/sh';
  t.deepEqual(parsePasswd(text), [{ name: 'good', uid: 1, gid: 2, home: '/home/good' }]);
  t.deepEqual(parseGroup('g:x:5\nh:x:6:a,,b\nbad:x:y:'), [
    { name: 'g', gid: 5, members: [] },
    { name: 'h', gid: 6, members: ['a', 'b'] },
  ]);
});

test('HOME comes from passwd, or is the root directory', (t) => {
  t.is(homeOf(USERS.passwd, 33), '/srv');
  t.is(homeOf(USERS.passwd, 40), '/');
  t.is(homeOf(NONE.passwd, 0), '/');
});
