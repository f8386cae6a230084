// tsker rm [OPTIONS] CONTAINER...: remove containers.
import { ApiError } from '../../client/api-error.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

const flags = defineFlags({
  force: { kind: 'boolean', short: 'f', summary: 'Force the removal of a running container (uses SIGKILL)' },
  link: { kind: 'boolean', short: 'l', summary: 'Remove the specified link' },
  volumes: { kind: 'boolean', short: 'v', summary: 'Remove anonymous volumes associated with the container' },
});

export const rm = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [['rm -f web', 'Kill it first when it runs']],
  run: ({ client, flags, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        const query = { force: flags.force || undefined, link: flags.link || undefined, v: flags.volumes || undefined };
        try {
          await client.send('DELETE', containerPath(name.replace(/^\/+/, '')), { query });
        } catch (error) {
          // With --force a container that is not there is as good as one that was removed; Docker says so and goes on.
          if (!(flags.force === true && error instanceof ApiError && error.httpStatus === 404)) throw error;
          io.stderr.write(`tsker: ${error.message}\n`);
          return undefined;
        }
        return name;
      },
    }),
});
