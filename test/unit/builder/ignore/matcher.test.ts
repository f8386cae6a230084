import test from 'ava';
import { compileExcludes, compileIgnoreFile, type Directory } from '../../../../src/builder/ignore/matcher.ts';
import { TskerError } from '../../../../src/util/errors.ts';

/** Pattern, paths that it ignores, paths that it does not. */
for (const [pattern, ignored, kept] of [
  ['*/temp*', ['dir/temporary.txt', 'dir/temp', 'dir/temp/below'], ['temp', 'a/b/temp']],
  ['*/*/temp*', ['a/b/temporary.txt'], ['a/temp', 'temp']],
  ['temp?', ['tempa', 'tempb', 'temp1/x'], ['temp', 'tempab', 'a/tempb']],
  ['**/*.go', ['x.go', 'a/x.go', 'a/b/x.go', 'x.go/y'], ['x.goo', 'go']],
  ['/foo/bar', ['foo/bar', 'foo/bar/x'], ['foo', 'foobar', 'x/foo/bar']],
  ['foo/bar/', ['foo/bar', 'foo/bar/x'], ['foo']],
  ['./a//b/../c', ['a/c'], ['a/b', 'c']],
  ['dir/**', ['dir/a', 'dir/a/b'], ['dir', 'dirs/a']],
  ['dir/*', ['dir/a', 'dir/a/b'], ['dir']],
  ['**/dir/**', ['dir/a', 'x/dir/a', 'x/y/dir/a/b'], ['dir', 'x/dir']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b', 'a/b/c'], ['ab', 'a/bc', 'x/a/b']],
  ['a**b', ['ab', 'ax/b', 'a/x/b'], ['axb']],
  ['a**/*b', ['ax/y/zb', 'ab'], ['b']],
  ['**', ['a', 'a/b'], []],
  ['***/x', ['a/x', 'a/b/x'], ['x', 'y']],
  ['**/**/x', ['x', 'a/b/x'], ['ax']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '[a-c]x', 'x']],
  ['[^a-c]x', ['dx', '-x'], ['ax']],
  ['[a\\]]', ['a', ']'], ['\\', '[']],
  ['[a-]x'.replace('-]', '\\-]'), ['ax', '-x'], ['bx']],
  ['\\*x', ['*x'], ['ax']],
  ['we ird', ['we ird'], ['we', 'ird']],
  ['.git', ['.git', '.git/config'], ['.gitignore', 'a/.git']],
  ['é?', ['éü', 'é😀'], ['é', 'éab']],
  ['a.b', ['a.b'], ['axb']],
  ['*', ['a', '.hidden', 'a/b'], []],
  ['.', [], ['a']],
  ['..', [], ['a']],
  ['../a', [], ['a']],
] as const) {
  test(`the pattern ${pattern} matches what it should`, (t) => {
    const matcher = compileIgnoreFile(pattern);
    t.deepEqual(
      ignored.filter((path) => !matcher.ignores(path)),
      [],
      'ignored',
    );
    t.deepEqual(
      kept.filter((path) => matcher.ignores(path)),
      [],
      'kept',
    );
  });
}

test('the last line that matches decides', (t) => {
  const matcher = compileIgnoreFile('*.md\n!README*.md\nREADME-secret.md\n');
  t.deepEqual(
    ['a.md', 'README.md', 'README-secret.md'].map((path) => matcher.ignores(path)),
    [true, false, true],
  );
  const turned = compileIgnoreFile('*.md\nREADME-secret.md\n!README*.md\n');
  t.false(turned.ignores('README-secret.md'));
});

test('lines are cleaned: comments, blanks, byte order mark, carriage returns', (t) => {
  const matcher = compileIgnoreFile('\ufeffa\r\n# b\r\n #c\n\n  d  \n! /d/e \n');
  t.deepEqual(
    ['a', 'b', '#c', 'd', 'd/e', 'd/f'].map((path) => matcher.ignores(path)),
    [true, false, true, true, false, true],
  );
});

test('the context itself is never ignored', (t) => {
  const matcher = compileIgnoreFile('**\n*\n.');
  t.false(matcher.ignores('.'));
  t.false(matcher.ignores(''));
  t.false(matcher.ignores('/'));
});

for (const [text, message, hint] of [
  ['a\n!', 'illegal exclusion pattern: "!"', 'line 2 of .dockerignore'],
  ['a\n\n[b', 'syntax error in pattern', 'line 3 of .dockerignore: [b'],
  ['[]a]', 'syntax error in pattern', 'line 1 of .dockerignore: []a]'],
  ['[a-]', 'syntax error in pattern', 'line 1 of .dockerignore: [a-]'],
  ['[z-a]', 'syntax error in pattern', 'line 1 of .dockerignore: [z-a]'],
  ['a\\', 'syntax error in pattern', 'line 1 of .dockerignore: a\\'],
] as const) {
  test(`${JSON.stringify(text)} is refused with its line`, (t) => {
    const error = t.throws(() => compileIgnoreFile(text), { instanceOf: TskerError });
    t.is(error?.message, message);
    t.is(error?.hint, hint);
  });
}

test('--exclude takes the same patterns', (t) => {
  const matcher = compileExcludes(['*.md', '!README.md', ' ']);
  t.true(matcher.ignores('a.md'));
  t.false(matcher.ignores('README.md'));
});

/** Text, directory, whether a walk can leave it out. */
for (const [text, directory, skip] of [
  ['node_modules', 'node_modules', true],
  ['a', 'b', false],
  ['a\n!a/b', 'a', false],
  ['a\n!a/b', 'a/c', true],
  ['!a/b\na', 'a', true],
  ['a\n!b', 'a', true],
  ['*\n!src/**', 'src', false],
  ['*\n!src/**', 'docs', true],
  ['*\n!**/*.go', 'docs', false],
  ['*\n!src/*.go', 'src', false],
  ['*\n!src/*.go', 'src/deep', true],
  ['*\n!s*/x/*.go', 'docs', true],
  ['*\n!s*/x/*.go', 'srv/x', false],
  ['**\n!a/**/b', 'a/x/y', false],
  ['a/**\n!a/b/c', 'a', false],
  ['a/**\n!a/b/c', 'a/b', false],
  ['a/**\n!a/b/c', 'a/d', true],
] as const) {
  test(`with ${JSON.stringify(text)} a walk ${skip ? 'leaves out' : 'goes into'} ${directory}`, (t) => {
    const names = directory.split('/');
    const last = names.pop() ?? '';
    const parent = names.reduce<Directory>((at, name) => at.enter(name).directory, compileIgnoreFile(text).root);
    t.is(parent.enter(last).skip, skip);
  });
}

test('a walk answers as asking path by path does', (t) => {
  const matcher = compileIgnoreFile('a*\n!ab/**\nab/c\n!**/x\n*/y');
  const names = ['a', 'ab', 'b', 'c', 'x', 'y'];
  for (const one of names) {
    const first = matcher.root.enter(one);
    t.is(first.ignored, matcher.ignores(one));
    for (const two of names) {
      const second = first.directory.enter(two);
      t.is(second.ignored, matcher.ignores(`${one}/${two}`));
      t.is(first.directory.ignores(two), second.ignored);
      for (const three of names) t.is(second.directory.ignores(three), matcher.ignores(`${one}/${two}/${three}`));
    }
  }
});

test('a pattern of many stars takes no time', (t) => {
  const matcher = compileIgnoreFile(`${'**/*a*'.repeat(30)}b`);
  const started = performance.now();
  t.false(matcher.ignores('a'.repeat(200).concat('/').repeat(10)));
  t.true(performance.now() - started < 2000);
});
