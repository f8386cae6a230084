import test from 'ava';
import { checkDigest, digestOf, isDigest, matchesDigest, shortId } from '../../../src/registry/digest.ts';

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

test('the digest of bytes is their sha256', (t) => {
  t.is(digestOf(Buffer.alloc(0)), EMPTY);
  t.is(shortId(EMPTY), 'e3b0c44298fc');
});

for (const [text, good] of [
  [EMPTY, true],
  [`sha512:${'a'.repeat(128)}`, true],
  [`sha384:${'a'.repeat(96)}`, true],
  [EMPTY.toUpperCase(), false],
  [EMPTY.slice(0, -1), false],
  [`${EMPTY}a`, false],
  [`${EMPTY}:a`, false],
  ['sha256:', false],
  ['', false],
  [`md5:${'a'.repeat(32)}`, false],
] as const) {
  test(`${text.slice(0, 30)}… (${text.length}) is ${good ? 'a' : 'no'} digest`, (t) => {
    t.is(isDigest(text), good);
    if (good) t.is(checkDigest(text), text);
    else t.throws(() => checkDigest(text), { code: 'invalid' });
  });
}

test('bytes are compared in the algorithm of the digest', (t) => {
  t.true(matchesDigest(Buffer.alloc(0), EMPTY));
  t.false(matchesDigest(Buffer.from('x'), EMPTY));
  const sha512 =
    'sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e';
  t.true(matchesDigest(Buffer.alloc(0), sha512));
  t.false(matchesDigest(Buffer.alloc(0), 'md5:d41d8cd98f00b204e9800998ecf8427e'));
});
