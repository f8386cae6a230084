// tsker port CONTAINER [PORT]: which of the host's ports lead into a container; with --reachable also from where, and why.
import type { ContainerInspect } from '../../types/container.ts';
import type { PortBinding } from '../../types/container-config.ts';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { printLines } from '../io.ts';
import { containerPath } from '../targets.ts';
import { reachOf } from './port-reach.ts';

const flags = defineFlags({
  reachable: { kind: 'boolean', summary: 'Say from where each port can be reached, and why' },
});

interface Published {
  /** `80/tcp`. */
  readonly port: string;
  readonly binding: PortBinding;
}

export const port = defineCommand({
  usage: '[OPTIONS] CONTAINER [PRIVATE_PORT[/PROTO]]',
  flags,
  args: { min: 1, max: 2 },
  examples: [
    ['port web', 'All of them'],
    ['port --reachable web', 'And who gets there'],
  ],
  async run({ client, flags, args: [name = '', wanted], io }) {
    const container = await client.json<ContainerInspect>('GET', containerPath(name, 'json'));
    const published = publishedPorts(container);
    const chosen = wanted === undefined ? published : onlyPort(published, { name, wanted });
    const text = ({ port, binding }: Published): string =>
      wanted === undefined ? `${port} -> ${hostSide(binding)}` : hostSide(binding);
    const lines = chosen.flatMap((one) => [
      text(one),
      ...(flags.reachable === true ? reachOf(container, one.port, one.binding).map((line) => `  ${line}`) : []),
    ]);
    printLines(io.stdout, lines);
    return 0;
  },
});

function publishedPorts({ NetworkSettings: { Ports } }: ContainerInspect): Published[] {
  return Object.entries(Ports)
    .toSorted(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1))
    .flatMap(([port, bindings]) => (bindings ?? []).map((binding) => ({ port, binding })));
}

interface Choice {
  readonly name: string;
  readonly wanted: string;
}

function onlyPort(published: readonly Published[], { name, wanted }: Choice): Published[] {
  const [number = '', protocol = 'tcp'] = wanted.split('/');
  if (!/^\d+$/.test(number)) throw new TskerError('invalid', `invalid port: ${wanted}`);
  const key = `${number}/${protocol}`;
  const chosen = published.filter(({ port }) => port === key);
  if (chosen.length === 0) throw new TskerError('not_found', `no public port '${key}' published for ${name}`);
  return chosen;
}

function hostSide({ HostIp, HostPort }: PortBinding): string {
  return `${HostIp.includes(':') ? `[${HostIp}]` : HostIp}:${HostPort}`;
}
