// tsker rename CONTAINER NEW_NAME: give a container another name.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath } from '../targets.ts';

const flags = defineFlags({});

export const rename = defineCommand({
  usage: 'CONTAINER NEW_NAME',
  flags,
  args: { min: 2, max: 2 },
  examples: [['rename web web-old', 'Make room for a new container of that name']],
  async run({ client, args: [name = '', newName = ''] }) {
    await client.send('POST', containerPath(name, 'rename'), { query: { name: newName } });
    return 0;
  },
});
