// tsker network rm [OPTIONS] NETWORK...: remove networks.
import { ApiError } from '../../client/api-error.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { forEachTarget, networkPath } from '../targets.ts';

const flags = defineFlags({
  force: { kind: 'boolean', short: 'f', summary: 'Do not error if the network does not exist' },
});

export const removeNetworks = defineCommand({
  usage: 'NETWORK [NETWORK...]',
  flags,
  args: { min: 1 },
  examples: [['network rm backend', 'A network that no running container is on']],
  run: ({ client, flags, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        try {
          await client.send('DELETE', networkPath(name));
          return name;
        } catch (error) {
          if (flags.force === true && error instanceof ApiError && error.httpStatus === 404) return undefined;
          throw error;
        }
      },
    }),
});
