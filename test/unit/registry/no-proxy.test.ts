import test from 'ava';
import { proxyFor, proxySettings } from '../../../src/registry/no-proxy.ts';

const PROXY = 'http://proxy:3128/';

for (const [url, noProxy, proxied] of [
  ['https://quay.io/v2/', '', true],
  ['https://quay.io/v2/', '*', false],
  ['https://quay.io/v2/', 'quay.io', false],
  ['https://quay.io/v2/', 'example.com, QUAY.IO', false],
  ['https://cdn.quay.io/v2/', 'quay.io', false],
  ['https://cdn.quay.io/v2/', '.quay.io', false],
  ['https://quay.io/v2/', '.quay.io', true],
  ['https://cdn.quay.io/v2/', '*.quay.io', false],
  ['https://notquay.io/v2/', 'quay.io', true],
  ['https://quay.io/v2/', 'quay.io:443', false],
  ['https://quay.io/v2/', 'quay.io:5000', true],
  ['http://10.1.2.3:5000/', '10.0.0.0/8', false],
  ['http://11.1.2.3:5000/', '10.0.0.0/8', true],
  ['http://10.1.2.3:5000/', '10.1.2.3', false],
  ['http://10.1.2.3:5000/', '10.1.2.3:80', true],
  ['http://[fd00::1]:5000/', 'fd00::/8', false],
  ['http://10.1.2.3:5000/', '10.0.0.0/99', true],
  ['http://localhost:5000/', '', false],
  ['http://127.0.0.9/', '', false],
  ['http://[::1]:5000/', '', false],
] as const) {
  test(`${url} is asked ${proxied ? 'through the proxy' : 'directly'} with NO_PROXY=${noProxy}`, (t) => {
    const settings = proxySettings({ HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: noProxy });
    t.is(proxyFor(new URL(url), settings), proxied ? PROXY : undefined);
  });
}

test('each scheme has its proxy, in upper or lower case, and http is meant when nothing is said', (t) => {
  const settings = proxySettings({ http_proxy: 'plain:1', HTTPS_PROXY: 'https://secure:2' });
  t.is(proxyFor(new URL('http://quay.io/'), settings), 'http://plain:1/');
  t.is(proxyFor(new URL('https://quay.io/'), settings), 'https://secure:2/');
  t.is(proxyFor(new URL('https://quay.io/'), proxySettings({ HTTP_PROXY: PROXY })), undefined);
  t.is(proxyFor(new URL('http://quay.io/'), proxySettings({ HTTP_PROXY: 'ftp://x' })), undefined);
});
