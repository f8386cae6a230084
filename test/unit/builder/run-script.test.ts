import test from 'ava';
import { parseTrigger } from '../../../src/builder/parser/parse.ts';
import { programOf } from '../../../src/builder/run-script.ts';

for (const [what, text, expected] of [
  ['the exec form', 'RUN ["a", "b"]', { kind: 'exec', argv: ['a', 'b'] }],
  ['the shell form', 'RUN a  "b"', { kind: 'shell', script: 'a  "b"' }],
  ['a heredoc alone', 'RUN <<EOF\na\n$b\nEOF', { kind: 'shell', script: 'a\n$b\n' }],
  ['a heredoc without its tabs', 'RUN <<-EOF\n\ta\n\t\tb\n\tEOF', { kind: 'shell', script: 'a\nb\n' }],
  [
    'a heredoc that is a program',
    'RUN <<EOF\n#!/usr/bin/env python\nx\nEOF',
    { kind: 'file', name: 'EOF', content: '#!/usr/bin/env python\nx\n' },
  ],
  ['a heredoc for a program', 'RUN cat <<EOF > /x\na\nEOF', { kind: 'shell', script: 'cat <<EOF > /x\na\nEOF' }],
  ['several', 'RUN cat <<-A 3<<B\n\ta\n\tA\nb\nB', { kind: 'shell', script: 'cat <<-A 3<<B\n\ta\nA\nb\nB' }],
] as const) {
  test(`RUN with ${what} runs what is meant`, (t) => {
    const run = parseTrigger(text);
    t.deepEqual(run.kind === 'RUN' ? programOf(run) : undefined, expected);
  });
}
