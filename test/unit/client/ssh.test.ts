import test from 'ava';
import { parseHost } from '../../../src/client/host.ts';
import { type SshHost, sshWords } from '../../../src/client/ssh.ts';

const wordsOf = (url: string): readonly string[] => sshWords(parseHost(url) as SshHost);

test('ssh is told user and port, and that no option follows', (t) => {
  const words = wordsOf('ssh://me@example.org:2222');
  t.deepEqual(words.slice(2, -2), ['-T', '-l', 'me', '-p', '2222', '--']);
  t.is(words.at(-2), 'example.org');
  t.false(wordsOf('ssh://example.org').includes('-l'));
  t.is(wordsOf('ssh://[::1]').at(-2), '::1');
});

test('the other side is tsker, or Docker where there is none', (t) => {
  t.regex(wordsOf('ssh://h').at(-1) ?? '', /^sh -c '.*exec tsker system dial-stdio; exec docker system dial-stdio'$/);
});

test('a path in the address names the socket there, whatever is in it', (t) => {
  t.true(wordsOf(`ssh://h/run/a'b.sock`).at(-1)?.includes('-H unix://'));
  t.false(wordsOf('ssh://h/').at(-1)?.includes('-H'));
});
