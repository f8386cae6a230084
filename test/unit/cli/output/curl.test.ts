import test from 'ava';
import { curlLine } from '../../../../src/cli/output/curl.ts';
import type { ShownRequest } from '../../../../src/client/client.ts';
import { parseHost } from '../../../../src/client/host.ts';

const UNIX = parseHost('unix:///run/my tsker.sock');

function line(request: Partial<ShownRequest>, host = UNIX): string {
  return curlLine(host, { method: 'GET', path: '/info', headers: {}, body: undefined, ...request });
}

test('a request is a curl command', (t) => {
  t.is(line({}), "curl -sS -N -X GET --unix-socket '/run/my tsker.sock' http://tsker/info");
  t.is(line({}, parseHost('tcp://[::1]:99')), "curl -sS -N -X GET 'http://[::1]:99/info'");
  t.true(line({ method: 'HEAD' }).includes('curl -sS -I '));
});

test('what the shell would read is quoted', (t) => {
  t.true(line({ path: "/x?a=b&c='" }).endsWith(` 'http://tsker/x?a=b&c='\\'''`));
  const headers = { 'Content-Type': 'application/json' };
  t.true(line({ method: 'POST', headers, body: '{"a":"it\'s $HOME"}' }).includes(`'{"a":"it'\\''s $HOME"}'`));
});

test('secrets stay out of it', (t) => {
  const secret = line({ method: 'POST', headers: { 'X-Registry-Auth': 'c2VjcmV0' } });
  t.false(secret.includes('c2VjcmV0'));
  t.true(secret.includes('"X-Registry-Auth: $X_REGISTRY_AUTH"'));
  t.true(line({ headers: { 'X-Registry-Auth': 'e30=' } }).includes('X-Registry-Auth: e30='));
  const login = line({ method: 'POST', path: '/v1.51/auth', body: '{"password":"secret"}' });
  t.false(login.includes('secret'));
  t.true(login.includes('--data-binary @-'));
});

test('a raw connection is a plain POST, which is answered with the same bytes', (t) => {
  const attach = line({
    method: 'POST',
    path: '/containers/x/attach',
    headers: { Connection: 'Upgrade', Upgrade: 'tcp' },
  });
  t.false(/upgrade/i.test(attach));
});
