import test from 'ava';
import { encodeRequestHead, pathWithQuery, type Query } from '../../../../src/client/http/request.ts';

const QUERIES: readonly [Query, string][] = [
  [{ a: undefined }, '/x'],
  [{ all: true, size: false }, '/x?all=1&size=0'],
  [{ t: 0, name: 'a b&c' }, '/x?t=0&name=a%20b%26c'],
  [{ changes: ['CMD ["sh"]', 'ENV A=1'] }, '/x?changes=CMD%20%5B%22sh%22%5D&changes=ENV%20A%3D1'],
  [{ filters: { label: ['a=b'] } }, '/x?filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D'],
];

for (const [query, expected] of QUERIES) {
  test(`a query is spelled as Docker's client does: ${expected}`, (t) => {
    t.is(pathWithQuery('/x', query), expected);
  });
}

test('a head holds the request line, the host and the headers', (t) => {
  t.is(
    encodeRequestHead({ method: 'GET', path: '/_ping', host: 'tsker', headers: { A: 'b' } }),
    'GET /_ping HTTP/1.1\r\nHost: tsker\r\nA: b\r\n\r\n',
  );
});

test('a line break cannot become a header of its own', (t) => {
  t.throws(() => encodeRequestHead({ method: 'GET', path: '/', host: 'x', headers: { A: 'b\r\nEvil: yes' } }), {
    message: /line break/,
  });
});
