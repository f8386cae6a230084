// What drivers make of their options when a container starts. The words were taken from dockerd 28.2.2.
import test from 'ava';
import { readDelivery, readJsonFileRotation, readLocalRotation } from '../../../../src/daemon/logging/driver.ts';

type Options = Record<string, string>;

test('json-file is one file without an end unless options say otherwise', (t) => {
  t.deepEqual(readJsonFileRotation({}), { maxSize: undefined, maxFiles: 1, compress: false });
  t.deepEqual(readJsonFileRotation({ 'max-size': '1.5m', 'max-file': '3', compress: 'true' }), {
    maxSize: 1_500_000,
    maxFiles: 3,
    compress: true,
  });
});

const JSON_FILE: readonly [Options, string][] = [
  [{ 'max-size': 'abc' }, "invalid size: 'abc'"],
  [{ 'max-size': '' }, "invalid size: ''"],
  [{ 'max-size': '0' }, 'max-size must be a positive number'],
  [{ 'max-size': '10m', 'max-file': '0' }, 'max-file cannot be less than 1'],
  [{ 'max-file': '-1' }, 'max-file cannot be less than 1'],
  [{ 'max-file': 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
  [{ compress: 'maybe' }, 'strconv.ParseBool: parsing "maybe": invalid syntax'],
  [{ compress: 'true' }, 'compress cannot be true when max-file is less than 2 or max-size is not set'],
  [
    { compress: 'true', 'max-file': '2' },
    'compress cannot be true when max-file is less than 2 or max-size is not set',
  ],
];

for (const [options, message] of JSON_FILE) {
  test(`json-file does not start with ${JSON.stringify(options)}`, (t) => {
    t.throws(() => readJsonFileRotation(options), { message });
  });
}

test('local is five files of 20 MiB, compressed', (t) => {
  t.deepEqual(readLocalRotation({}), { maxSize: 20_971_520, maxFiles: 5, compress: true });
  t.deepEqual(readLocalRotation({ 'max-size': '0', 'max-file': '0', compress: 'false' }), {
    maxSize: 1,
    maxFiles: 1,
    compress: false,
  });
  t.deepEqual(readLocalRotation({ 'cache-max-size': '1k', 'max-size': 'abc' }, 'cache-'), {
    maxSize: 1000,
    maxFiles: 5,
    compress: true,
  });
});

const LOCAL: readonly [Options, string][] = [
  [{ 'max-size': 'abc' }, "invalid value for max-size: abc: invalid size: 'abc'"],
  [{ 'max-size': '-1' }, "invalid value for max-size: -1: invalid size: '-1'"],
  [{ 'max-file': '0' }, 'compression cannot be enabled when max file count is 1'],
  [{ 'max-file': '1' }, 'compression cannot be enabled when max file count is 1'],
  [{ 'max-file': '-1', compress: 'false' }, 'max file count cannot be less than 0'],
  [{ 'max-file': 'x' }, 'invalid value for max-file: x: strconv.Atoi: parsing "x": invalid syntax'],
  [{ compress: 'x' }, 'error reading compress log option: strconv.ParseBool: parsing "x": invalid syntax'],
];

for (const [options, message] of LOCAL) {
  test(`local does not start with ${JSON.stringify(options)}`, (t) => {
    t.throws(() => readLocalRotation(options), { message });
  });
}

test('lines are dropped only when that was asked for, above a million bytes unless said otherwise', (t) => {
  t.deepEqual(readDelivery({}), { nonBlocking: false });
  t.deepEqual(readDelivery({ mode: 'blocking' }), { nonBlocking: false });
  t.deepEqual(readDelivery({ mode: 'non-blocking' }), { nonBlocking: true, buffer: 1_000_000 });
  t.deepEqual(readDelivery({ mode: 'non-blocking', 'max-buffer-size': '4m' }), {
    nonBlocking: true,
    buffer: 4_194_304,
  });
  t.deepEqual(readDelivery({ mode: 'non-blocking', 'max-buffer-size': '0' }), { nonBlocking: true, buffer: 1 });
});
