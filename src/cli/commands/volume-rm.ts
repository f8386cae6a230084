// tsker volume rm [OPTIONS] VOLUME...: remove volumes.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { forEachTarget, volumePath } from '../targets.ts';

const flags = defineFlags({
  force: { kind: 'boolean', short: 'f', summary: 'Force the removal of one or more volumes' },
});

export const removeVolumes = defineCommand({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  flags,
  args: { min: 1 },
  examples: [['volume rm data', 'Remove it with what is in it']],
  run: ({ client, flags, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        await client.send('DELETE', volumePath(name), { query: { force: flags.force || undefined } });
        return name;
      },
    }),
});
