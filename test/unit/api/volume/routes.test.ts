import test from 'ava';
import { parseVolumeRequest } from '../../../../src/api/volume/routes.ts';

test('null and missing fields are none', (t) => {
  t.deepEqual(parseVolumeRequest({ Name: 'a', Driver: null, Extra: 1 }), { Name: 'a' });
});

const WRONG: readonly (readonly [Record<string, unknown> | undefined, RegExp])[] = [
  [undefined, /got EOF while reading request body$/],
  [{ Name: 1 }, /Name must be a string$/],
  [{ Driver: {} }, /Driver must be a string$/],
  [{ Labels: ['a'] }, /Labels must be an object of strings$/],
  [{ DriverOpts: { a: 1 } }, /DriverOpts must be an object of strings$/],
];
for (const [body, message] of WRONG) {
  test(`refused: ${JSON.stringify(body)}`, (t) => {
    t.throws(() => parseVolumeRequest(body), { message });
  });
}
