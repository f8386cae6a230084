import test from 'ava';
import type { NetworkRequest } from '../../../src/network/definition.ts';
import { EMPTY_DEFINITION } from '../../../src/network/records.ts';
import { RemoteIpam } from '../../../src/network/remote-ipam.ts';
import { type IpamSample, ipamSample } from '../../fixtures/plugins/ipam-driver.ts';
import type { Methods } from '../../fixtures/plugins/serve.ts';

/** The sample in this process, with some of its methods replaced. */
function open(methods: (sample: IpamSample) => Partial<Methods>) {
  const sample = ipamSample({ prefix: '10.9.0', requiresMac: false });
  const all: Methods = { ...sample.methods, ...(methods(sample) as Methods) };
  const call = async (name: string, body: object) => (await all[name]?.({ ...body })) ?? {};
  const warnings: string[] = [];
  const plugins = { get: async () => ({ call }) } as never;
  return { sample, warnings, ipam: new RemoteIpam({ plugins, warn: (message) => warnings.push(message) }) };
}

const request = (config: NetworkRequest['ipam']['config']): NetworkRequest => ({
  ...EMPTY_DEFINITION,
  ...{ name: 'lan', driver: 'bridge', enableIPv4: true, enableIPv6: false },
  ipam: { driver: 'sample', options: {}, config },
});

test('a pool that is no subnet is given back', async (t) => {
  const { ipam, sample } = open(({ methods }) => ({
    'IpamDriver.RequestPool': (body) => ({
      ...(methods['IpamDriver.RequestPool']?.(body) as object),
      Pool: 'nonsense',
    }),
  }));
  await t.throwsAsync(ipam.requestPools(request([])), { message: /which is no CIDR address/ });
  t.is(sample.pools.size, 0);
});

test('auxiliary addresses that were had are given back when another cannot be had', async (t) => {
  const { ipam, sample } = open(() => ({}));
  const auxAddresses = { one: '10.7.0.5', same: '10.7.0.5' };
  await t.throwsAsync(ipam.requestPools(request([{ subnet: '10.7.0.0/24', auxAddresses }])), { message: /not free/ });
  t.deepEqual([sample.pools.size, sample.addresses.size], [0, 0]);
});

test('an address that is not in its pool is refused, and given back', async (t) => {
  const released: unknown[] = [];
  const { ipam, sample } = open(() => ({
    'IpamDriver.RequestAddress': () => ({ Address: '192.0.2.7/24' }),
    'IpamDriver.ReleaseAddress': ({ Address: address }) => {
      released.push(address);
      return {};
    },
  }));
  await t.throwsAsync(ipam.requestPools(request([])), { message: /192\.0\.2\.7\/24 is not in 10\.9\.0\.0\/24/ });
  t.deepEqual(released, ['192.0.2.7']);
  t.is(sample.pools.size, 0);
});
