// tsker wait CONTAINER...: wait until containers end, and print their exit codes.
import type { WaitResponse } from '../../types/container.ts';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

export const wait = defineCommand({
  usage: 'CONTAINER [CONTAINER...]',
  flags: defineFlags({}),
  args: { min: 1 },
  examples: [['wait job', 'Prints 0 when the job succeeded']],
  run: ({ client, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        const result = await client.json<WaitResponse>('POST', containerPath(name, 'wait'));
        if (result.Error?.Message) throw new TskerError('internal', result.Error.Message);
        return String(result.StatusCode);
      },
    }),
});
