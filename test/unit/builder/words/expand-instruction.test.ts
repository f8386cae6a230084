// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what looks like a template is the language under test
import test from 'ava';
import { DockerfileError } from '../../../../src/builder/parser/error.ts';
import { parseDockerfile } from '../../../../src/builder/parser/parse.ts';
import type { Instruction, RunInstruction } from '../../../../src/builder/parser/types.ts';
import { expandInstruction, expandMounts, type Scope } from '../../../../src/builder/words/expand-instruction.ts';
import { summarize } from '../summary.ts';

const SCOPE: Scope = {
  escape: '\\',
  lookup: (name) =>
    new Map([
      ['x', 'new'],
      ['p', '80 443'],
    ]).get(name),
};

function parseOne(text: string): Instruction {
  const [, instruction] = parseDockerfile(`FROM scratch\n${text}\n`).instructions;
  if (instruction === undefined) throw new Error('no instruction');
  return instruction;
}

function expandOne(text: string): object {
  const { value } = expandInstruction(parseOne(text), SCOPE);
  const dockerfile = { ...parseDockerfile('FROM scratch'), instructions: [value] };
  const { instructions } = summarize(dockerfile) as { instructions: readonly [object] };
  return instructions[0];
}

for (const [text, expected] of [
  [
    'ENV a=$x $x="b c"',
    {
      kind: 'ENV',
      pairs: [
        { name: 'a', value: 'new' },
        { name: 'new', value: 'b c' },
      ],
    },
  ],
  ['ENV a $x  "y"', { kind: 'ENV', pairs: [{ name: 'a', value: 'new  y', legacy: true }] }],
  ['LABEL "a b"=$x', { kind: 'LABEL', pairs: [{ name: 'a b', value: 'new' }] }],
  ['WORKDIR /$x/"a b"', { kind: 'WORKDIR', path: '/new/a b' }],
  ['USER ${x}:${y:-z}', { kind: 'USER', user: 'new:z' }],
  ['STOPSIGNAL $x', { kind: 'STOPSIGNAL', signal: 'new' }],
  ['EXPOSE $p 9/udp "$x"', { kind: 'EXPOSE', ports: ['new', '80', '443', '9/udp'] }],
  ['VOLUME /$x /y', { kind: 'VOLUME', volumes: ['/new', '/y'] }],
  ['VOLUME ["/$x"]', { kind: 'VOLUME', volumes: ['/new'] }],
  [
    'COPY --from=$0 --chown=$x --chmod=$x --exclude=$x a$x /$x/',
    { kind: 'COPY', from: '$0', chown: 'new', chmod: 'new', exclude: ['new'], sources: ['anew'], destination: '/new/' },
  ],
  [
    'ADD --checksum=$x https://example.com/$x .',
    { kind: 'ADD', checksum: 'new', sources: ['https://example.com/new'], destination: '.' },
  ],
  [
    'COPY <<a <<"b" /$x\nthe "$x" \\$x\na\nthe $x\nb',
    {
      kind: 'COPY',
      files: [
        { name: 'a', content: 'the "new" $x\n', expand: true },
        { name: 'b', content: 'the $x\n' },
      ],
      destination: '/new',
    },
  ],
  ['CMD echo "$x"', { kind: 'CMD', command: { form: 'shell', words: ['echo "$x"'] } }],
  ['SHELL ["$x"]', { kind: 'SHELL', shell: ['$x'] }],
  ['MAINTAINER $x', { kind: 'MAINTAINER', name: '$x' }],
] as const) {
  test(`${text} has its variables replaced where the language says so`, (t) => {
    t.deepEqual(expandOne(text), expected);
  });
}

test('RUN leaves variables to the shell, but not those in its mounts', (t) => {
  const run = parseOne('RUN --mount=type=cache,target=/$x,id=$y echo $x') as RunInstruction;
  t.is(expandInstruction(run, SCOPE).value.command.words[0]?.text, 'echo $x');
  const { value, unset } = expandMounts(run, SCOPE);
  t.like(value[0], { type: 'cache', target: '/new', id: '/new' });
  t.deepEqual(
    unset.map(({ name }) => name),
    ['y'],
  );
});

test('all values of an ENV see what was before it', (t) => {
  const lookup = (name: string): string | undefined => (name === 'a' ? 'old' : undefined);
  const instruction = parseOne('ENV a=new b=$a');
  const { value } = expandInstruction(instruction, { escape: '\\', lookup });
  t.deepEqual(value.kind === 'ENV' ? value.pairs.map((pair) => pair.value.text) : [], ['new', 'old']);
});

test('what is not set is reported with its place', (t) => {
  const { unset } = expandInstruction(parseOne('COPY a \\\n  $where/b /c'), SCOPE);
  const range = { start: { line: 3, column: 3 }, end: { line: 3, column: 11 } };
  t.deepEqual(unset, [{ name: 'where', range }]);
});

test('an error says which word it is about', (t) => {
  const error = t.throws(() => expandInstruction(parseOne('ENV a=1 b=${}'), SCOPE), { instanceOf: DockerfileError });
  t.deepEqual(error?.range.start, { line: 2, column: 11 });
});
