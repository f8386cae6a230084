// tsker kill [OPTIONS] CONTAINER...: send a signal to the first process of running containers.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

const flags = defineFlags({
  signal: { kind: 'string', short: 's', summary: 'Signal to send to the container', shownDefault: 'SIGKILL' },
});

export const kill = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [['kill -s HUP web', 'Make it read its configuration again']],
  run: ({ client, flags, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        await client.send('POST', containerPath(name, 'kill'), { query: { signal: flags.signal } });
        return name;
      },
    }),
});
