// tsker network disconnect [OPTIONS] NETWORK CONTAINER: a container leaves a network.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { networkPath } from '../targets.ts';

const flags = defineFlags({
  force: { kind: 'boolean', short: 'f', summary: 'Force the container to disconnect from a network' },
});

export const disconnectNetwork = defineCommand({
  usage: '[OPTIONS] NETWORK CONTAINER',
  flags,
  args: { min: 2, max: 2 },
  examples: [['network disconnect backend web', 'It keeps its other networks']],
  async run({ client, flags, args: [network = '', container = ''] }) {
    const json = { Container: container, Force: flags.force === true };
    await client.send('POST', networkPath(network, 'disconnect'), { json });
    return 0;
  },
});
