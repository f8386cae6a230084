import { delimiter } from 'node:path';
import test from 'ava';
import { parseHost } from '../../../src/client/host.ts';
import { connectOverSsh, type SshHost, sshWords } from '../../../src/client/ssh.ts';
import { makeProgram } from '../../helpers/program.ts';
import { tempdir } from '../../helpers/tempdir.ts';

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

test.serial('an ssh that takes nothing and then says why is believed, not the write that failed', async (t) => {
  const directory = tempdir(t, 'ssh');
  makeProgram(directory, 'ssh', 'exec 0<&-; sleep 0.2; echo "Permission denied (publickey)." >&2; exit 255');
  const before = process.env['PATH'];
  process.env['PATH'] = [directory, before].join(delimiter);
  t.teardown(() => {
    process.env['PATH'] = before;
  });
  const stream = connectOverSsh(parseHost('ssh://me@example.org') as SshHost);
  const writing = setInterval(() => stream.write('more'), 20);
  const error = await new Promise<Error>((resolve) => stream.once('error', resolve));
  clearInterval(writing);
  t.is(error.message, 'cannot reach the daemon at ssh://me@example.org: Permission denied (publickey).');
});
