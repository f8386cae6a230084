import test from 'ava';
import type { Descriptor } from '../../../src/registry/manifest.ts';
import {
  choosePlatform,
  formatPlatform,
  hostPlatform,
  parsePlatform,
  platformMatches,
} from '../../../src/registry/platform.ts';

for (const [text, expected] of [
  ['linux/amd64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['Linux/AMD64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['arm64', 'linux/arm64'],
  ['linux', formatPlatform(hostPlatform())],
  ['windows/amd64', 'windows/amd64'],
] as const) {
  test(`${text} is the platform ${expected}`, (t) => {
    t.is(formatPlatform(parsePlatform(text)), expected);
  });
}

for (const text of ['', 'linux/', 'linux/amd64/v1/x', 'linux amd64', '*/amd64']) {
  test(`${JSON.stringify(text)} is no platform`, (t) => {
    t.throws(() => parsePlatform(text), { code: 'invalid' });
  });
}

/** wanted → offered, in the order of the index → the one that is taken. */
const CHOICES: readonly (readonly [string, readonly string[], string | undefined])[] = [
  ['linux/amd64', ['linux/arm64', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64', ['windows/amd64', 'linux/arm64'], undefined],
  ['linux/amd64', ['linux/amd64/v3', 'linux/amd64'], 'linux/amd64'],
  ['linux/amd64/v3', ['linux/amd64', 'linux/amd64/v2', 'linux/amd64/v4'], 'linux/amd64/v2'],
  ['linux/arm/v7', ['linux/arm/v5', 'linux/arm/v6', 'linux/arm/v8'], 'linux/arm/v6'],
  ['linux/arm/v6', ['linux/arm/v7'], undefined],
  ['linux/arm64', ['linux/arm/v7', 'linux/arm64/v8'], 'linux/arm64/v8'],
  ['linux/arm64', ['linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7'],
  ['linux/amd64', ['unknown/unknown'], undefined],
  ['linux/amd64', [], undefined],
];

for (const [wanted, offered, expected] of CHOICES) {
  test(`for ${wanted}, ${expected ?? 'nothing'} of [${offered.join(', ')}] is taken`, (t) => {
    const entries = offered.map(descriptorFor);
    t.is(choosePlatform(entries, parsePlatform(wanted))?.digest, expected);
  });
}

test('of two entries for one platform the first is taken, and one without a platform never', (t) => {
  const first = { ...descriptorFor('linux/amd64'), digest: 'first' };
  const bare = { ...descriptorFor('linux/amd64'), platform: undefined };
  t.is(choosePlatform([bare, first, descriptorFor('linux/amd64')], parsePlatform('linux/amd64'))?.digest, 'first');
});

test('an image of an older variant runs on a newer host, not the other way round', (t) => {
  t.true(platformMatches(parsePlatform('linux/amd64/v3'), parsePlatform('linux/amd64')));
  t.false(platformMatches(parsePlatform('linux/amd64'), parsePlatform('linux/amd64/v3')));
});

function descriptorFor(text: string): Descriptor {
  const [os = '', architecture = '', variant] = text.split('/');
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return { mediaType: '', digest: text, size: 1, urls: [], annotations: {}, platform };
}
