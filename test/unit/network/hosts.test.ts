import test from 'ava';
import { containerHosts, hostModeHosts } from '../../../src/network/hosts.ts';
import type { Endpoint } from '../../../src/network/network.ts';
import { TskerError } from '../../../src/util/errors.ts';

const endpoint: Endpoint = {
  ...{ networkName: 'bridge', networkId: 'n', endpointId: 'e', macAddress: '02:42:ac:11:00:02' },
  ...{ address: '172.17.0.2', prefixLength: 16, gateway: '172.17.0.1' },
};
const none: Endpoint = { ...endpoint, address: '', prefixLength: 0, gateway: '', macAddress: '' };
const request = { hostname: 'box', domainname: '', extraHosts: [], links: [], endpoints: [endpoint] };

/** What follows the six lines that are always there. */
function tail(text: string): string {
  return text.split('\n').slice(6).join('\n');
}

test('the file begins with the local names', (t) => {
  t.is(
    containerHosts({ ...request, endpoints: [] }),
    `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`,
  );
});

for (const [what, change, expected] of [
  ['its own name', {}, '172.17.0.2\tbox\n'],
  ['the full name first when there is a domain', { domainname: 'example.org' }, '172.17.0.2\tbox.example.org box\n'],
  ['a full host name split', { hostname: 'box.example.org' }, '172.17.0.2\tbox.example.org box\n'],
  ['no line of its own without an address', { endpoints: [none] }, ''],
  [
    'linked hosts before it',
    { links: [{ address: '172.17.0.9', names: ['db', 'postgres'] }] },
    '172.17.0.9\tdb postgres\n172.17.0.2\tbox\n',
  ],
  [
    'a line for its IPv6 address',
    { endpoints: [{ ...endpoint, address6: 'fd00::2' }] },
    '172.17.0.2\tbox\nfd00::2\tbox\n',
  ],
  ['added hosts before it', { extraHosts: ['db:10.0.0.5'] }, '10.0.0.5\tdb\n172.17.0.2\tbox\n'],
  [
    'added hosts with IPv6',
    { extraHosts: ['db:fd00::5', 'dc:[fd00::6]'] },
    'fd00::5\tdb\nfd00::6\tdc\n172.17.0.2\tbox\n',
  ],
  ['the gateway for host-gateway', { extraHosts: ['host:host-gateway'] }, '172.17.0.1\thost\n172.17.0.2\tbox\n'],
] as const) {
  test(`the file has ${what}`, (t) => {
    t.is(tail(containerHosts({ ...request, ...change })), expected);
  });
}

for (const host of ['db', ':10.0.0.5', 'db:', 'db:10.0.0.5\n1.2.3.4 evil', 'a b:10.0.0.5', 'db:10.0.0.5 evil']) {
  test(`--add-host ${JSON.stringify(host)} is refused`, (t) => {
    const error = t.throws(() => containerHosts({ ...request, extraHosts: [host] }), { instanceOf: TskerError });
    t.is(error?.code, 'invalid');
  });
}

test('a host name cannot smuggle in a line', (t) => {
  t.throws(() => containerHosts({ ...request, hostname: 'box\n1.2.3.4 evil' }), { instanceOf: TskerError });
});

test('host-gateway without a network is refused', (t) => {
  t.throws(() => containerHosts({ ...request, endpoints: [none], extraHosts: ['h:host-gateway'] }), {
    message: /no network/,
  });
});

test('on the host network the host’s file is kept and added to', (t) => {
  t.is(hostModeHosts('127.0.0.1 localhost', ['db:10.0.0.5']), '127.0.0.1 localhost\n10.0.0.5\tdb\n');
});
