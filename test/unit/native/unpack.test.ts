import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { placeFile, preparePrivateDirectory, removeAssets } from '../../../src/native/unpack.ts';
import { tempdir } from '../../helpers/tempdir.ts';

test('the directory is made for its user alone', (t) => {
  const directory = join(tempdir(t), 'a/native');
  preparePrivateDirectory(directory);
  t.is(statSync(directory).mode & 0o777, 0o700);
});

test('a directory that others could write to is closed to them', (t) => {
  const directory = join(tempdir(t), 'native');
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  preparePrivateDirectory(directory);
  t.is(statSync(directory).mode & 0o777, 0o700);
});

test('a link instead of the directory is refused', (t) => {
  const root = tempdir(t);
  mkdirSync(join(root, 'elsewhere'));
  symlinkSync(join(root, 'elsewhere'), join(root, 'native'));
  t.throws(() => preparePrivateDirectory(join(root, 'native')), { code: 'forbidden' });
});

test('a file is written whole, executable for its user, and nothing else is left', (t) => {
  const root = tempdir(t);
  placeFile(join(root, 'lib.so'), Buffer.from('content'));
  t.is(readFileSync(join(root, 'lib.so'), 'utf8'), 'content');
  t.is(statSync(join(root, 'lib.so')).mode & 0o777, 0o700);
  t.deepEqual(readdirSync(root), ['lib.so']);
});

test('a file with the same content stays as it is', (t) => {
  const path = join(tempdir(t), 'lib.so');
  placeFile(path, Buffer.from('content'));
  const { ino } = statSync(path);
  placeFile(path, Buffer.from('content'));
  t.is(statSync(path).ino, ino);
});

test('a file that differs, even in one byte, is replaced and not written to', (t) => {
  const path = join(tempdir(t), 'lib.so');
  writeFileSync(path, 'contenT');
  const { ino } = statSync(path);
  placeFile(path, Buffer.from('content'));
  t.is(readFileSync(path, 'utf8'), 'content');
  t.not(statSync(path).ino, ino);
});

test('a link to the same content is replaced by a file', (t) => {
  const root = tempdir(t);
  writeFileSync(join(root, 'other'), 'content');
  symlinkSync('other', join(root, 'lib.so'));
  placeFile(join(root, 'lib.so'), Buffer.from('content'));
  t.true(lstatSync(join(root, 'lib.so')).isFile());
});

test('a directory in the way is an error, and the temporary file is removed', (t) => {
  const root = tempdir(t);
  mkdirSync(join(root, 'lib.so'));
  t.throws(() => placeFile(join(root, 'lib.so'), Buffer.from('content')));
  t.deepEqual(readdirSync(root), ['lib.so']);
});

test('what was unpacked is taken back, and nothing else', (t) => {
  const root = tempdir(t);
  const directory = join(root, 'native');
  mkdirSync(directory);
  writeFileSync(join(directory, 'lib.so'), '');
  removeAssets(['native/lib.so', 'native/absent'], directory);
  t.deepEqual(readdirSync(root), []);
  t.notThrows(() => removeAssets(['native/lib.so'], directory));
  mkdirSync(directory);
  writeFileSync(join(directory, 'other'), '');
  removeAssets(['native/lib.so'], directory);
  t.deepEqual(readdirSync(directory), ['other']);
});
