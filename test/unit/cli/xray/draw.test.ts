// X-rays and looks as text: what is said in words, how trees are drawn, and that lines fit.
import test from 'ava';
import { drawPeek, drawXray } from '../../../../src/cli/xray/draw.ts';
import { drawTree } from '../../../../src/cli/xray/tree.ts';
import type { Peek, Xray, XrayPrivileges } from '../../../../src/types/xray.ts';

const ID = 'ab'.repeat(32);

const PRIVILEGES: XrayPrivileges = {
  capabilities: {
    effective: ['CAP_CHOWN'],
    permitted: ['CAP_CHOWN'],
    inheritable: [],
    bounding: ['CAP_CHOWN', 'CAP_KILL'],
    ambient: [],
  },
  seccomp: 'filter',
  seccompFilters: 1,
  noNewPrivileges: false,
  uids: [0, 0, 0, 0],
  gids: [0, 0, 0, 0],
  groups: [10],
  uidMap: [{ inside: 0, outside: 100_000, count: 65_536 }],
  gidMap: [{ inside: 0, outside: 0, count: 4_294_967_295 }],
};

const XRAY: Xray = {
  ...{ id: ID, name: 'web', pid: 20, time: '2026-01-02T03:04:05.000Z' },
  processes: [
    {
      pid: 1,
      parent: 0,
      depth: 0,
      role: 'host',
      name: 'init',
      command: '/sbin/init',
      uid: 0,
      state: 'S',
      rss: 1_000_000,
    },
    {
      pid: 5,
      parent: 1,
      depth: 1,
      role: 'daemon',
      name: 'node',
      command: 'tsker daemon',
      uid: 0,
      state: 'S',
      rss: 2_000_000,
    },
    {
      pid: 20,
      parent: 5,
      depth: 2,
      role: 'first',
      insidePid: 1,
      name: 'sh',
      command: 'sh',
      uid: 0,
      state: 'S',
      rss: 3_000,
    },
  ],
  namespaces: [
    { type: 'net', inode: 7, host: false, containers: ['db'] },
    { type: 'user', inode: 8, host: true, containers: [] },
    { type: 'uts', inode: 9, host: false, containers: [] },
  ],
  cgroups: [
    {
      ...{ hierarchy: 'memory', path: `/tsker/${ID}`, directory: '/sys' },
      limits: [{ file: 'memory.max', value: '67108864', text: '64 MiB' }],
      usage: [{ file: 'memory.current', value: '1024', text: '1 KiB' }],
    },
    { hierarchy: 'pids', path: `/tsker/${ID}`, limits: [], usage: [] },
  ],
  root: {
    ...{ type: 'overlay', lower: ['/l/A'], upper: `/o/${ID}/diff`, work: `/o/${ID}/work`, changed: 22 },
    changes: Array.from({ length: 22 }, (_, index) => ({ kind: 'added', path: `/f${index}` }) as const),
  },
  mounts: [
    {
      ...{ target: '/', type: 'overlay', source: 'overlay', from: '/', options: 'rw', superOptions: 'rw' },
      propagation: 'private',
    },
    {
      ...{ target: '/data', type: 'ext4', source: '/dev/vda', from: '/srv', options: 'ro', superOptions: 'rw' },
      propagation: 'shared:5',
    },
  ],
  privileges: PRIVILEGES,
  network: {
    host: false,
    links: [
      {
        ...{
          index: 7,
          name: 'eth0',
          kind: 'veth',
          up: true,
          mac: '02:00:00:00:00:01',
          mtu: 1500,
          addresses: ['10.0.0.2/24'],
        },
        peer: { index: 9, name: 'vethabc', bridge: 'tsker0' },
      },
    ],
    routes: [{ destination: 'default', gateway: '10.0.0.1', link: 'eth0' }],
    rules: [
      { family: 'ip', table: 'tsker', chain: 'forward', handle: 1, text: 'oifname "tsker0" drop', comment: 'no' },
    ],
  },
};

test('an x-ray is drawn section by section', (t) => {
  t.is(
    drawXray(XRAY, { width: undefined, colour: false }),
    `web (abababababab), process 20, 2026-01-02T03:04:05.000Z

Processes
  1 /sbin/init  uid 0, 1MB
  └─ 5 tsker daemon  uid 0, 2MB  ← the daemon that answers
     └─ 20 (1 inside) sh  uid 0, 3kB  ← the container's first process

Namespaces
  net     7           shared with container db
  user    8           shared with the host
  uts     9           its own

Cgroups
  /tsker/abababababab…  (memory pids)
    limit memory.max                    64 MiB
    now   memory.current                1 KiB

Root file system
  upper   /o/abababababab…/diff
  work    /o/abababababab…/work
  lower   /l/A
  22 files changed (A added, C changed, D deleted)
${Array.from({ length: 20 }, (_, index) => `    A /f${index}\n`).join('')}    … and 2 more

Mounts
  TARGET    TYPE      OPTIONS   PROPAGATION   SOURCE
  /         overlay   rw        private       overlay
  /data     ext4      ro        shared:5      /dev/vda[/srv]

Privileges
  user          0, group 0, groups 10
  user ids      0 to 65535 inside are 100000 to 165535 outside
  group ids     the same inside and outside
  capabilities  1: chown
    can have    2: chown kill
  seccomp       a filter decides about each system call
  new programs  may gain privileges by setuid bits and file capabilities

Network
  7: eth0 (veth)  up, mtu 1500, 02:00:00:00:00:01
     10.0.0.2/24
     ⇅ on the host 9: vethabc, on the bridge tsker0
  route  default by 10.0.0.1 over eth0
  rule   ip tsker forward: oifname "tsker0" drop  # no
`,
  );
});

const PEEK: Peek = {
  ...{ id: ID, name: 'web', pid: 20, time: '2026-01-02T03:04:05.000Z', done: 0, count: 9 },
  next: {
    index: 0,
    op: 'MKDIR',
    syscall: 'mkdir',
    call: `mkdir("/sys/fs/cgroup/tsker/${ID}", 0755)`,
    file: 'x.c',
    phase: 'cgroup',
  },
  namespaces: XRAY.namespaces,
  cgroups: [{ hierarchy: 'unified', path: '/' }],
  ...{ root: '/', cwd: '/', hostname: 'host', mounts: XRAY.mounts },
  privileges: {
    ...PRIVILEGES,
    seccomp: 'off',
    noNewPrivileges: true,
    uidMap: [],
    capabilities: { ...PRIVILEGES.capabilities, effective: [] },
  },
};

test('a look at a half-built container begins with where its plan stands', (t) => {
  const text = drawPeek(PEEK, { width: undefined, colour: false });
  t.true(text.startsWith('web (abababababab), process 20: 0 of 9 operations are done\n'));
  t.regex(text, /last {2}nothing yet\n {2}next {2}mkdir\("\/sys\/fs\/cgroup\/tsker\/abababababab…", 0755\)/);
  t.regex(text, /user ids {6}not mapped yet/);
  t.regex(text, /capabilities {2}none/);
  t.regex(text, /seccomp {7}none/);
  t.regex(text, /gain no privileges \(no_new_privs\)/);
});

for (const width of [20, 80, 120]) {
  test(`with ${width} columns no line of either is longer`, (t) => {
    const text = drawXray(XRAY, { width, colour: false }) + drawPeek(PEEK, { width, colour: false });
    for (const line of text.split('\n')) t.true([...line].length <= width, line);
  });
}

test('nothing that a container is named after reaches the terminal as a command to it', (t) => {
  const evil = '\x1b[2J\x1b]0;owned\x07\x9b2K\r\n\u202e';
  const hostile: Xray = {
    ...XRAY,
    processes: XRAY.processes.map((one) => ({ ...one, command: evil })),
    root: { ...XRAY.root, changes: [{ kind: 'added', path: `/${evil}` }] },
    mounts: XRAY.mounts.map((one) => ({ ...one, target: `/${evil}` })),
    network: { ...XRAY.network, links: XRAY.network.links.map((one) => ({ ...one, name: evil })) },
  };
  const peek: Peek = { ...PEEK, hostname: evil, cwd: `/${evil}`, mounts: hostile.mounts };
  const drawn = [drawXray(hostile, { width: undefined, colour: false }), drawPeek(peek, { width: 80, colour: false })];
  for (const text of drawn) t.notRegex(text, /[^\P{Cc}\n]|\u202e/u);
});

test('branches of a tree go on while a sibling follows', (t) => {
  const lines = [0, 1, 2, 2, 1, 2].map((depth, index) => ({ depth, text: String(index) }));
  t.deepEqual(drawTree(lines), ['0', '├─ 1', '│  ├─ 2', '│  └─ 3', '└─ 4', '   └─ 5']);
});
