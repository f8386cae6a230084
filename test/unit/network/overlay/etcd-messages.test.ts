import test from 'ava';
import {
  decodeRange,
  decodeWatch,
  encodeRange,
  encodeTransaction,
  encodeWatch,
} from '../../../../src/network/overlay/etcd-messages.ts';

const b64 = (text: string): string => Buffer.from(text).toString('base64');

test('a range is all keys that begin so', (t) => {
  t.deepEqual(encodeRange('a/b/'), { key: b64('a/b/'), range_end: b64('a/b0') });
  t.deepEqual(encodeWatch('a/', 7n), { create_request: { key: b64('a/'), range_end: b64('a0'), start_revision: '7' } });
});

test('a transaction', (t) => {
  const words = encodeTransaction(
    [
      { kind: 'absent', key: 'a' },
      { kind: 'present', key: 'b' },
      { kind: 'nothing below', key: 'c/' },
      { kind: 'value', key: 'd', value: 'v' },
      { kind: 'unchanged', key: 'e', revision: '12' },
    ],
    [
      { kind: 'put', key: 'f', value: 'w', lease: '99' },
      { kind: 'delete', key: 'g' },
      { kind: 'delete below', key: 'h/' },
    ],
  );
  t.deepEqual(words, {
    compare: [
      { key: b64('a'), target: 'CREATE', result: 'EQUAL', create_revision: '0' },
      { key: b64('b'), target: 'CREATE', result: 'GREATER', create_revision: '0' },
      { key: b64('c/'), range_end: b64('c0'), target: 'CREATE', result: 'EQUAL', create_revision: '0' },
      { key: b64('d'), target: 'VALUE', result: 'EQUAL', value: b64('v') },
      { key: b64('e'), target: 'MOD', result: 'EQUAL', mod_revision: '12' },
    ],
    success: [
      { request_put: { key: b64('f'), value: b64('w'), lease: '99' } },
      { request_delete_range: { key: b64('g') } },
      { request_delete_range: { key: b64('h/'), range_end: b64('h0') } },
    ],
    failure: [],
  });
});

test('answers, in which zeros and empty lists are left out', (t) => {
  const kvs = [{ key: b64('k'), value: b64('v'), create_revision: '3', mod_revision: '4', version: '1', lease: '5' }];
  const entry = { key: 'k', value: 'v', revision: '4', lease: '5' };
  t.deepEqual(decodeRange({ header: { revision: '41' }, kvs }), { entries: [entry], revision: 41n });
  t.deepEqual(decodeRange({ header: { revision: '41' } }), { entries: [], revision: 41n });
  const events = [{ kv: kvs[0] }, { type: 'DELETE', kv: { key: b64('k'), mod_revision: '6' } }];
  t.deepEqual(decodeWatch({ result: { header: {}, events } }), [
    { kind: 'put', entry },
    { kind: 'delete', key: 'k' },
  ]);
  t.deepEqual(decodeWatch({ result: { created: true } }), []);
});

test('the end of a watch, and what no etcd says, is an error', (t) => {
  t.throws(() => decodeWatch({ result: { canceled: true, compact_revision: '9' } }));
  t.throws(() => decodeWatch({ error: { message: 'no leader' } }));
  t.throws(() => decodeRange({ header: { revision: { evil: true } } }));
});
