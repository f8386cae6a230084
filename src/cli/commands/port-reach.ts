// From where a published port can be reached, in words: what follows from the address it is published on and the networks that
// its container is on. Pure.
import type { ContainerInspect } from '../../types/container.ts';
import type { PortBinding } from '../../types/container-config.ts';

const LOOPBACK = /^(127\.|::1$)/;

export function reachOf({ NetworkSettings }: ContainerInspect, port: string, binding: PortBinding): string[] {
  const networks = Object.entries(NetworkSettings.Networks).filter(
    ([, { IPAddress, GlobalIPv6Address }]) => `${IPAddress}${GlobalIPv6Address}` !== '',
  );
  const inside = networks.map(
    ([name, { IPAddress, GlobalIPv6Address }]) =>
      `from containers on ${name}: ${IPAddress || `[${GlobalIPv6Address}]`}:${port} (the container itself, no port needed)`,
  );
  const { HostIp, HostPort } = binding;
  if (LOOPBACK.test(HostIp)) {
    return [
      `from this host: ${urlHost(HostIp)}:${HostPort} (published on a loopback address: through the proxy)`,
      'from outside: no (packets to a loopback address never leave a host)',
      ...inside,
    ];
  }
  const everywhere = HostIp === '0.0.0.0' || HostIp === '::';
  const family = HostIp.includes(':') ? 'IPv6' : 'IPv4';
  const hasFamily = networks.some(([, one]) => (family === 'IPv6' ? one.GlobalIPv6Address : one.IPAddress) !== '');
  const way = hasFamily ? 'translated by the kernel' : `through the proxy: the container has no ${family} address`;
  const address = everywhere ? `any ${family} address of this host` : urlHost(HostIp);
  return [
    `from this host: ${everywhere ? urlHost(family === 'IPv6' ? '::1' : '127.0.0.1') : urlHost(HostIp)}:${HostPort} (${everywhere ? 'through the proxy' : way})`,
    `from outside: ${address}, port ${HostPort} (${way}), unless another firewall is before it`,
    `from containers: the same addresses, from every network that may leave its bridge`,
    ...inside,
  ];
}

function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
