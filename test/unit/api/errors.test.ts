import test from 'ava';
import { toHttpError } from '../../../src/api/errors.ts';
import { ERROR_CODES, type ErrorCode, TskerError } from '../../../src/util/errors.ts';

for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
  test(`an error ${code} becomes ${ERROR_CODES[code].status} with its message`, (t) => {
    t.deepEqual(toHttpError(new TskerError(code, 'it is so')), {
      status: ERROR_CODES[code].status,
      body: { message: 'it is so' },
    });
  });
}

test('a hint travels beside the message', (t) => {
  t.deepEqual(toHttpError(new TskerError('invalid', 'no', { hint: 'do' })).body, { message: 'no', hint: 'do' });
});

test('anything else is an internal error, also what is no Error', (t) => {
  t.is(toHttpError(new Error('x')).status, 500);
  t.deepEqual(toHttpError('thrown text'), { status: 500, body: { message: 'thrown text' } });
  t.is(toHttpError(undefined).status, 500);
});

test("the router's own refusals keep their status, and no other status is believed", (t) => {
  t.is(toHttpError(Object.assign(new Error('bad path'), { status: 400 })).status, 400);
  t.is(toHttpError(Object.assign(new Error('odd'), { status: 200 })).status, 500);
});
