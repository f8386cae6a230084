import test from 'ava';
import {
  familiarName,
  familiarString,
  normalizedString,
  parseAnyReference,
  parseReference,
  withDefaultTag,
  withTagOrDigest,
} from '../../../src/registry/reference.ts';
import { TskerError } from '../../../src/util/errors.ts';

const HEX = 'ab'.repeat(32);
const DIGEST = `sha256:${HEX}`;

/** What a person writes; the normalized form; the familiar form. From distribution's normalize_test.go. */
const GOOD: readonly (readonly [string, string, string])[] = [
  ['busybox', 'docker.io/library/busybox', 'busybox'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
  ['library/busybox', 'docker.io/library/busybox', 'busybox'],
  ['docker.io/busybox', 'docker.io/library/busybox', 'busybox'],
  ['index.docker.io/library/busybox', 'docker.io/library/busybox', 'busybox'],
  ['index.docker.io/busybox:x', 'docker.io/library/busybox:x', 'busybox:x'],
  ['tsker/busybox', 'docker.io/tsker/busybox', 'tsker/busybox'],
  ['a/b/c', 'docker.io/a/b/c', 'a/b/c'],
  ['library/a/b', 'docker.io/library/a/b', 'library/a/b'],
  ['localhost/busybox', 'localhost/busybox', 'localhost/busybox'],
  ['localhost:5000/busybox', 'localhost:5000/busybox', 'localhost:5000/busybox'],
  ['127.0.0.1:5000/a/b:tag', '127.0.0.1:5000/a/b:tag', '127.0.0.1:5000/a/b:tag'],
  ['[::1]:5000/busybox', '[::1]:5000/busybox', '[::1]:5000/busybox'],
  ['quay.io/org/app', 'quay.io/org/app', 'quay.io/org/app'],
  ['HOST/app', 'HOST/app', 'HOST/app'],
  ['Registry.Example.com/app', 'Registry.Example.com/app', 'Registry.Example.com/app'],
  ['xn--7o8h.com/app', 'xn--7o8h.com/app', 'xn--7o8h.com/app'],
  ['a__b', 'docker.io/library/a__b', 'a__b'],
  ['a---b', 'docker.io/library/a---b', 'a---b'],
  ['a.b_c-d', 'docker.io/library/a.b_c-d', 'a.b_c-d'],
  [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`, `busybox@${DIGEST}`],
  [`busybox:1@${DIGEST}`, `docker.io/library/busybox:1@${DIGEST}`, `busybox:1@${DIGEST}`],
  ['busybox:V1.Upper_is-fine', 'docker.io/library/busybox:V1.Upper_is-fine', 'busybox:V1.Upper_is-fine'],
  [`busybox:${'t'.repeat(128)}`, `docker.io/library/busybox:${'t'.repeat(128)}`, `busybox:${'t'.repeat(128)}`],
  ['abcdef', 'docker.io/library/abcdef', 'abcdef'],
];

for (const [text, normalized, familiar] of GOOD) {
  test(`${text} is ${normalized}`, (t) => {
    const reference = parseReference(text);
    t.is(normalizedString(reference), normalized);
    t.is(familiarString(reference), familiar);
    t.deepEqual(parseReference(normalized), reference, 'the normalized form means the same');
    t.deepEqual(parseReference(familiar), reference, 'the familiar form means the same');
  });
}

const INVALID = 'invalid reference format';
const BAD: readonly (readonly [string, string])[] = [
  ['', INVALID],
  [':tag', INVALID],
  ['@sha256:ab', INVALID],
  ['/busybox', INVALID],
  ['busybox/', INVALID],
  ['a//b', INVALID],
  ['-busybox', INVALID],
  ['busybox-', INVALID],
  ['a___b', INVALID],
  ['a..b', INVALID],
  ['busybox:', INVALID],
  ['busybox:-tag', INVALID],
  [`busybox:${'t'.repeat(129)}`, INVALID],
  ['busybox:a:b', INVALID],
  ['busy box', INVALID],
  ['busybox\n', INVALID],
  ['../busybox', INVALID],
  ['https://quay.io/app', INVALID],
  ['host:port/app', INVALID],
  ['a/'.repeat(20_000), INVALID],
  [`busybox@sha256:${'a'.repeat(31)}`, INVALID],
  [`busybox@sha256:${'a'.repeat(32)}`, `invalid checksum digest length: sha256:${'a'.repeat(32)}`],
  [`busybox@md5:${'a'.repeat(32)}`, `unsupported digest algorithm: md5:${'a'.repeat(32)}`],
  ['Busybox', 'invalid reference format: repository name (library/Busybox) must be lowercase'],
  ['org/Busybox:1', 'invalid reference format: repository name (org/Busybox) must be lowercase'],
  ['quay.io/Org/app', 'invalid reference format: repository name (Org/app) must be lowercase'],
  [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
  [`x.io/${'a'.repeat(256)}`, 'repository name must not be more than 255 characters'],
];

for (const [text, message] of BAD) {
  test(`${JSON.stringify(text.slice(0, 60))} is refused: ${message.slice(0, 60)}`, (t) => {
    const error = t.throws(() => parseReference(text), { instanceOf: TskerError });
    t.is(error?.message, message);
    t.is(error?.code, 'invalid');
  });
}

test('an id is no name, and a digest by itself is an id', (t) => {
  t.deepEqual(parseAnyReference(HEX), { id: DIGEST });
  t.deepEqual(parseAnyReference(DIGEST), { id: DIGEST });
  t.deepEqual(parseAnyReference('busybox'), parseReference('busybox'));
});

test('only a bare name gets the default tag', (t) => {
  t.is(familiarString(withDefaultTag(parseReference('busybox'))), 'busybox:latest');
  t.is(familiarString(withDefaultTag(parseReference('busybox:1'))), 'busybox:1');
  t.is(familiarString(withDefaultTag(parseReference(`busybox@${DIGEST}`))), `busybox@${DIGEST}`);
});

test('the tag parameter of the API may be a digest', (t) => {
  const busybox = parseReference('busybox:old');
  t.is(familiarString(withTagOrDigest(busybox, 'new')), 'busybox:new');
  t.is(familiarString(withTagOrDigest(busybox, DIGEST)), `busybox@${DIGEST}`);
  t.throws(() => withTagOrDigest(busybox, 'a b'), { message: 'invalid tag format' });
});

test('familiar names leave only docker.io and library out', (t) => {
  t.is(familiarName(parseReference('docker.io/library/busybox:1')), 'busybox');
  t.is(familiarName(parseReference('quay.io/library/busybox')), 'quay.io/library/busybox');
});
