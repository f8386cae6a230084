import test from 'ava';
import { formatAddress, parseAddress } from '../../../../src/network/address.ts';
import { holdPorts, type PortHolder, portHolder, releasePorts } from '../../../../src/network/ports/reserve.ts';
import type { WantedPort } from '../../../../src/network/ports/wanted.ts';
import { TskerError } from '../../../../src/util/errors.ts';

/** A host on which `taken` ports are somebody's. */
function host(taken: readonly number[], withIpv6 = false): PortHolder & { readonly open: Set<number> } {
  const open = new Set<number>();
  let last = 10;
  const native = {
    listen(address: Uint8Array): number {
      const port = Buffer.from(address).readUInt16BE(2);
      if (taken.includes(port)) throw new TskerError('conflict', 'listening', { errno: 'EADDRINUSE' });
      last += 1;
      open.add(last);
      return last;
    },
    close: (fd: number) => void open.delete(fd),
  };
  return Object.assign(portHolder(native, { range: '1000\t1003\n', publishOn: undefined, ipv6: withIpv6 }), { open });
}

function wanted(first?: number, last = first): WantedPort {
  const hostPorts = first === undefined || last === undefined ? undefined : { first, last };
  return { containerPort: 80, protocol: 'tcp', hostAddress: undefined, hostPorts };
}

const portsOf = (held: ReturnType<typeof holdPorts>): string[] =>
  held.map(({ hostAddress, hostPort }) => `${formatAddress(hostAddress)} ${hostPort}`);

test('a port is held on both families where the host has both', (t) => {
  t.deepEqual(portsOf(holdPorts(host([], true), [wanted(80)])), ['0.0.0.0 80', ':: 80']);
  const one = { ...wanted(80), hostAddress: parseAddress('127.0.0.1') };
  t.deepEqual(portsOf(holdPorts(host([], true), [one])), ['127.0.0.1 80']);
});

test('of a range the first that is free is taken', (t) => {
  t.deepEqual(portsOf(holdPorts(host([80, 81]), [wanted(80, 85)])), ['0.0.0.0 82']);
});

test('any port comes from the range of the host, in turn', (t) => {
  const holder = host([1001]);
  t.deepEqual(portsOf(holdPorts(holder, [wanted(), wanted()])), ['0.0.0.0 1000', '0.0.0.0 1002']);
  t.deepEqual(portsOf(holdPorts(holder, [wanted()])), ['0.0.0.0 1003']);
  t.deepEqual(portsOf(holdPorts(holder, [wanted()])), ['0.0.0.0 1000'], 'and from its beginning again');
});

test('when one is taken none is held', (t) => {
  const holder = host([81]);
  t.throws(() => holdPorts(holder, [wanted(80), wanted(81)]), {
    message: 'Bind for 0.0.0.0:81 failed: port is already allocated',
  });
  t.is(holder.open.size, 0);
});

test('what is released is closed', (t) => {
  const holder = host([]);
  const held = holdPorts(holder, [wanted(80), wanted(81)]);
  t.is(holder.open.size, 2);
  releasePorts(holder, held);
  t.is(holder.open.size, 0);
});
