import test from 'ava';
import { Container } from '../../../../src/daemon/container/container.ts';
import { bridgeLinks, linkEnvironment, linkedHosts, parseLinks } from '../../../../src/daemon/container/links.ts';
import type { ContainerRecord } from '../../../../src/daemon/container/record.ts';
import { TskerError } from '../../../../src/util/errors.ts';

const endpoint = {
  ...{ networkName: 'bridge', networkId: 'n', endpointId: 'e', macAddress: '' },
  ...{ address: '172.17.0.9', prefixLength: 16, gateway: '172.17.0.1' },
};

const database = new Container({
  ...{ id: 'd'.repeat(64), name: 'db', endpoints: [endpoint], state: { status: 'running' } },
  config: {
    Hostname: 'dddddddddddd',
    Env: ['SECRET=x=y', 'PATH=/bin', 'BARE'],
    ExposedPorts: { '5432/tcp': {}, '53/udp': {} },
  },
} as unknown as ContainerRecord);

const containers = {
  resolve(reference: string): Container {
    if (reference === 'db' || reference === database.id) return database;
    throw new TskerError('not_found', `No such container: ${reference}`);
  },
};

function recordWith(Links: readonly string[], NetworkMode = 'bridge'): ContainerRecord {
  return { name: 'web', hostConfig: { Links, NetworkMode } } as unknown as ContainerRecord;
}

test('hosts entries have the alias, the host name and the name', (t) => {
  const links = bridgeLinks(containers, recordWith(['db:store']));
  t.deepEqual(linkedHosts(links), [{ address: '172.17.0.9', names: ['store', 'dddddddddddd', 'db'] }]);
});

test('variables tell ports, name and environment, the lowest port first', (t) => {
  t.deepEqual(linkEnvironment(bridgeLinks(containers, recordWith(['db:my-store'])), 'web'), [
    'MY_STORE_PORT=udp://172.17.0.9:53',
    'MY_STORE_PORT_53_UDP=udp://172.17.0.9:53',
    'MY_STORE_PORT_53_UDP_ADDR=172.17.0.9',
    'MY_STORE_PORT_53_UDP_PORT=53',
    'MY_STORE_PORT_53_UDP_PROTO=udp',
    'MY_STORE_PORT_5432_TCP=tcp://172.17.0.9:5432',
    'MY_STORE_PORT_5432_TCP_ADDR=172.17.0.9',
    'MY_STORE_PORT_5432_TCP_PORT=5432',
    'MY_STORE_PORT_5432_TCP_PROTO=tcp',
    'MY_STORE_NAME=/web/my-store',
    'MY_STORE_ENV_SECRET=x=y',
  ]);
});

test('on a network that answers names there is nothing to write', (t) => {
  t.deepEqual(bridgeLinks(containers, recordWith(['db:store'], 'mynet')), []);
});

for (const [links, message] of [
  [['nobody:x'], /could not get container for nobody: No such container: nobody/],
  [['a:b:c'], /bad format for links/],
  [[':x'], /bad format for links/],
  [['db:a b'], /bad format for links/],
] as const) {
  test(`--link ${links.join()} is refused`, (t) => {
    t.throws(() => parseLinks(containers, recordWith(links).hostConfig), { instanceOf: TskerError, message });
  });
}
