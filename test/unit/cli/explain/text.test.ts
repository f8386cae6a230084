// An explained start as text: the lines, their width, their colours.
import test from 'ava';
import { explainWish } from '../../../../src/cli/explain/flags.ts';
import { createNarration } from '../../../../src/cli/explain/text.ts';
import type { Fact } from '../../../../src/types/explain.ts';
import { EVENTS } from './events.ts';

const render = (width: number | undefined, colour: boolean): string => {
  const narration = createNarration({ width, colour });
  return EVENTS.map((event) => narration.event(event)).join('') + narration.end();
};

test('a start is narrated in order: request, modules with their files, facts, operations, summary', (t) => {
  t.is(
    render(undefined, false),
    `POST /containers/ab/start?explain=true
container web (abababababab), daemon process 100, 2026-01-02T03:04:05.678Z
▸ start: the verb
  src/a.ts  start()
  image     busybox  121212121212  1 layer, 4.4MB
  ▸ spawn: clone3
    src/b.ts  spawn()
    process   clone3({flags=CLONE_NEWNS}) = 200
              its plan: 2 operations
    cgroup (native/common/ops_file.c)
      1     30.0 µs  mkdir("/x")
    program (native/common/ops_file.c)
      2          µs  execve("/x") = does not return

process 200 runs its program
Where the time went: 0.310 ms
  start           0.190 ms  61%  ${'█'.repeat(24)}  the verb
  spawn           0.100 ms  32%  ${'█'.repeat(13)}${' '.repeat(11)}  clone3
  rest            0.020 ms   6%  ${'█'.repeat(3)}${' '.repeat(21)}  in between
The plan: 2 operations in 0.030 ms, the slowest:
      1     30.0 µs  mkdir("/x")
`,
  );
});

for (const width of [20, 40, 80, 132]) {
  test(`on a terminal of ${width} columns no line is longer`, (t) => {
    for (const line of render(width, false).split('\n')) t.true([...line].length <= width, line);
  });
}

test('what an operation is called with is no command to the terminal', (t) => {
  const narration = createNarration({ width: undefined, colour: false });
  const event = EVENTS.find((one) => one.type === 'operation');
  if (event === undefined) throw new Error('no operation among the events');
  t.true(narration.event({ ...event, call: 'mkdir("/\x9b2J\x1b[31m")' }).includes('mkdir("/\\x9b2J\\x1b[31m")'));
});

test('colours are escape sequences around the same text', (t) => {
  const coloured = render(60, true);
  t.true(coloured.includes('\x1b[36m'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
  t.is(coloured.replace(/\x1b\[\d+m/g, ''), render(60, false));
});

const WISHES: readonly [Parameters<typeof explainWish>[0], ReturnType<typeof explainWish>][] = [
  [{ explain: undefined, step: undefined }, undefined],
  [{ explain: undefined, step: false }, undefined],
  [
    { explain: 'text', step: undefined },
    { format: 'text', file: undefined, step: false },
  ],
  [
    { explain: undefined, step: true },
    { format: 'text', file: undefined, step: true },
  ],
  [
    { explain: 'json:/tmp/a:b', step: true },
    { format: 'json', file: '/tmp/a:b', step: true },
  ],
  [
    { explain: 'chrome', step: undefined },
    { format: 'chrome', file: undefined, step: false },
  ],
];

for (const [given, wish] of WISHES) {
  test(`--explain=${given.explain} --step=${given.step} is understood`, (t) => t.deepEqual(explainWish(given), wish));
}

for (const explain of ['', 'yaml', ':x', 'json:']) {
  test(`--explain=${explain} is refused`, (t) => {
    t.throws(() => explainWish({ explain, step: undefined }), { message: /invalid argument .* for "--explain" flag/ });
  });
}

const FACTS: readonly [Fact, string][] = [
  [
    {
      topic: 'joined',
      data: {
        pid: 7,
        namespaces: [
          { name: 'pid', inode: 12, by: 'birth' },
          { name: 'mnt', inode: 13, by: 'setns' },
          { name: 'net', by: 'setns' },
        ],
        ...{ cgroup: '/tsker/ab', hierarchies: ['memory', 'pids'] },
      },
    },
    `joins     what process 7 is in
  born in pid:[12]
  setns   mnt:[13] net
  cgroup  /tsker/ab of memory, pids
`,
  ],
  [
    { topic: 'hop', data: { program: 'tsker-shim', pid: 8, text: 'keeps the streams' } },
    'hop       tsker-shim, process 8: keeps the streams\n',
  ],
  [
    { topic: 'again', data: { attempt: 2, attempts: 4, reason: 'it was taken away' } },
    'again     it was taken away: attempt 2 of 4\n',
  ],
];

for (const [fact, text] of FACTS) {
  test(`the fact ${fact.topic} is told as it is`, (t) => {
    t.is(createNarration({ width: undefined, colour: false }).event({ type: 'fact', at: 1, ...fact }), text);
  });
}
