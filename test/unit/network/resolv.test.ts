import test from 'ava';
import { containerResolv, hostModeResolv, namesOnlyStub } from '../../../src/network/resolv.ts';

const HOST = `# made by a person
search example.org lan
nameserver 192.0.2.53
nameserver 127.0.0.1
nameserver fd00::53
options edns0
`;

const nothing = { dns: [], dnsSearch: [], dnsOptions: [] };

for (const [what, request, expected] of [
  [
    'the host’s, without servers a container cannot reach',
    { ...nothing, host: HOST },
    '# made by a person\nsearch example.org lan\nnameserver 192.0.2.53\noptions edns0\n',
  ],
  [
    'public servers when the host has none that can be reached',
    { ...nothing, host: 'nameserver 127.0.0.53\noptions trust-ad\n' },
    'options trust-ad\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n',
  ],
  ['public servers when the host has no file', { ...nothing, host: '' }, 'nameserver 8.8.8.8\nnameserver 8.8.4.4\n'],
  [
    'public servers after a last line without an end',
    { ...nothing, host: 'search a' },
    'search a\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n',
  ],
  [
    'the servers asked for, the rest from the host',
    { ...nothing, host: HOST, dns: ['10.0.0.2', 'fd00::2'] },
    'search example.org lan\nnameserver 10.0.0.2\nnameserver fd00::2\noptions edns0\n',
  ],
  [
    'the search domains asked for',
    { ...nothing, host: HOST, dnsSearch: ['a.test', 'b.test'] },
    'search a.test b.test\nnameserver 192.0.2.53\noptions edns0\n',
  ],
  [
    'no search domain when asked for none',
    { ...nothing, host: HOST, dnsSearch: ['.'] },
    'nameserver 192.0.2.53\noptions edns0\n',
  ],
  [
    'the options asked for',
    { ...nothing, host: HOST, dnsOptions: ['ndots:2', 'rotate'] },
    'search example.org lan\nnameserver 192.0.2.53\noptions ndots:2 rotate\n',
  ],
  [
    'the last search line of several',
    { ...nothing, host: 'search a\nsearch b\nnameserver 10.1.1.1\n', dnsOptions: ['rotate'] },
    'search b\nnameserver 10.1.1.1\noptions rotate\n',
  ],
] as const) {
  test(`a container’s file has ${what}`, (t) => {
    t.is(containerResolv(request), expected);
  });
}

test('on the host network the file is the host’s', (t) => {
  t.is(hostModeResolv({ ...nothing, host: HOST }), HOST);
});

test('on the host network the host’s loopback servers stay', (t) => {
  const text = hostModeResolv({ ...nothing, host: 'nameserver 127.0.0.53\n', dnsOptions: ['rotate'] });
  t.is(text, 'nameserver 127.0.0.53\noptions rotate\n');
});

for (const [host, expected] of [
  ['nameserver 127.0.0.53\n', true],
  ['  nameserver   127.0.0.53  \nsearch lan\n', true],
  ['nameserver 127.0.0.53\nnameserver 10.0.0.1\n', false],
  ['#nameserver 127.0.0.53\n', false],
  ['', false],
] as const) {
  test(`${JSON.stringify(host)} ${expected ? 'names' : 'does not name'} only systemd-resolved’s stub`, (t) => {
    t.is(namesOnlyStub(host), expected);
  });
}
