// tsker pause CONTAINER...: stop every process of containers until they are unpaused.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

export const pause = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  flags: defineFlags({}),
  args: { min: 1 },
  examples: [['pause web', 'Its processes stand still']],
  run: ({ client, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        await client.send('POST', containerPath(name, 'pause'));
        return name;
      },
    }),
});
