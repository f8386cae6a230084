import test from 'ava';
import { networkReason } from '../../../src/registry/network-reason.ts';

const URL = 'https://registry.example.com:5000/v2/x/manifests/latest';

function failure(code: string | undefined, message = `request to ${URL} failed, reason: connect ${code}`): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

const CASES: readonly (readonly [code: string, text: RegExp, hint?: RegExp])[] = [
  ['ECONNREFUSED', /^dial tcp registry\.example\.com:5000: connect: connection refused$/],
  ['ENETUNREACH', /network is unreachable$/],
  ['ENOTFOUND', /^dial tcp: lookup registry\.example\.com: no such host$/, /name servers/],
  ['EAI_AGAIN', /temporary failure in name resolution$/, /name servers/],
  ['ECONNRESET', /closed the connection \(EOF\)$/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', /self-signed certificate$/, /--insecure-registry registry\.example\.com:5000$/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /not valid for registry\.example\.com$/],
];

for (const [code, text, hint] of CASES) {
  test(`${code} is said in the words of Docker's clients`, (t) => {
    const reason = networkReason(failure(code), URL);
    t.regex(reason.text, text);
    if (hint === undefined) t.is(reason.hint, undefined);
    else t.regex(reason.hint ?? '', hint);
  });
}

test('a registry that speaks no TLS is told apart from one that refuses the handshake', (t) => {
  const plain = networkReason(
    failure('EPROTO', 'write EPROTO 40:error:0A00010B:SSL routines::wrong version number:x\n'),
    URL,
  );
  t.is(plain.text, 'http: server gave HTTP response to HTTPS client');
  t.regex(plain.hint ?? '', /--insecure-registry registry\.example\.com:5000/);
  t.is(
    networkReason(failure('EPROTO', 'write EPROTO 40:alert\nhandshake failure\n'), URL).text,
    'write EPROTO 40:alert handshake failure',
  );
});

test('what is not known is said in its own words, without the address', (t) => {
  t.deepEqual(networkReason(failure(undefined, `request to ${URL} failed, reason: odd`), URL), {
    text: 'odd',
    hint: undefined,
  });
  t.deepEqual(networkReason('odd', URL), { text: 'odd', hint: undefined });
});
