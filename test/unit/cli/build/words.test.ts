// Flags of build that have a grammar of their own: secrets, outputs, and standard input's first bytes.
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { parseOutput } from '../../../../src/cli/build/export.ts';
import { readSecret } from '../../../../src/cli/build/secrets.ts';
import { isRemote } from '../../../../src/cli/build/source.ts';
import { looksLikeArchive } from '../../../../src/cli/build/stdin.ts';
import { makeTar } from '../../../helpers/tar.ts';

const WORLD = {
  env: { TOKEN: 'of the environment', named: 'by its id' },
  readFile: (path: string): Buffer => {
    if (path === '/absent') throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    return path === '/big' ? Buffer.alloc(600 * 1024) : Buffer.from(`file ${path}`);
  },
};

const SECRETS: readonly (readonly [string, string, string])[] = [
  ['id=a,src=/x', 'a', 'file /x'],
  ['type=file,id=a,source=/x', 'a', 'file /x'],
  ['id=a,env=TOKEN', 'a', 'of the environment'],
  ['type=env,id=a,src=TOKEN', 'a', 'of the environment'],
  ['type=env,id=TOKEN', 'TOKEN', 'of the environment'],
  ['id=named', 'named', 'by its id'],
  ['id=file', 'file', 'file file'],
  ['"id=a","src=/with,comma"', 'a', 'file /with,comma'],
];

for (const [text, id, content] of SECRETS) {
  test(`--secret ${text} is read`, (t) => {
    const [name, bytes] = readSecret(text, WORLD);
    t.deepEqual([name, bytes.toString()], [id, content]);
  });
}

const WRONG_SECRETS: readonly (readonly [string, string])[] = [
  ['src=/x', 'secret missing ID'],
  ['id', "invalid field 'id' must be a key=value pair"],
  ['id=a,colour=red', "unexpected key 'colour' in 'colour=red'"],
  ['id=a,type=ssh', 'unsupported secret type "ssh"'],
  ['id=a,src=/absent', 'failed to stat /absent: no such file or directory'],
  ['id=a,src=/big', 'secret a too big. max size 500KB'],
  ['id=a,env=UNSET', 'the environment variable UNSET of a secret is not set'],
];

for (const [text, message] of WRONG_SECRETS) {
  test(`--secret ${text} is refused`, (t) => {
    t.throws(() => readSecret(text, WORLD), { message });
  });
}

test('outputs are directories, tars and standard output', (t) => {
  t.deepEqual(parseOutput('out'), { kind: 'local', destination: 'out' });
  t.deepEqual(parseOutput('-'), { kind: 'tar', destination: '-' });
  t.deepEqual(parseOutput('type=local,dest=a b'), { kind: 'local', destination: 'a b' });
  t.deepEqual(parseOutput('type=tar,dest=x.tar'), { kind: 'tar', destination: 'x.tar' });
  t.deepEqual(parseOutput('type=tar'), { kind: 'tar', destination: '-' });
  t.throws(() => parseOutput('dest=x,a=b'), { message: 'type is required for output' });
  t.throws(() => parseOutput('type=local,b=c'), { message: 'dest is required for local output' });
  t.throws(() => parseOutput('type=registry,dest=x'), { message: /unsupported output type "registry"/ });
});

test('an archive on standard input is told from a Dockerfile', (t) => {
  const tar = makeTar([{ path: 'Dockerfile', content: 'FROM x\n' }]);
  t.true(looksLikeArchive(Buffer.from(tar)));
  t.true(looksLikeArchive(gzipSync(tar)));
  t.true(looksLikeArchive(Buffer.alloc(1024)));
  t.false(looksLikeArchive(Buffer.from(`FROM x\n${'RUN true\n'.repeat(100)}`)));
  t.false(looksLikeArchive(Buffer.alloc(0)));
});

test('addresses are told from directories', (t) => {
  for (const text of ['https://a/b.git', 'git://a/b', 'git@a:b', 'github.com/a/b', 'http://a']) t.true(isRemote(text));
  for (const text of ['.', 'a/b', 'gitlab.com/a', '/https://']) t.false(isRemote(text));
});
