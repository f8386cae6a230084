// tsker unpause CONTAINER...: let paused containers go on.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

export const unpause = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  flags: defineFlags({}),
  args: { min: 1 },
  examples: [['unpause web', 'They go on where they were']],
  run: ({ client, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        await client.send('POST', containerPath(name, 'unpause'));
        return name;
      },
    }),
});
