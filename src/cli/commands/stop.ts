// tsker stop [OPTIONS] CONTAINER...: ask containers to end, and kill those that do not in time.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

const flags = defineFlags({
  signal: { kind: 'string', short: 's', summary: 'Signal to send to the container' },
  timeout: { kind: 'integer', short: 't', alias: 'time', summary: 'Seconds to wait before killing the container' },
});

export const stop = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [['stop -t 2 web', 'Kill it after two seconds']],
  run: ({ client, flags, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        await client.send('POST', containerPath(name, 'stop'), { query: { signal: flags.signal, t: flags.timeout } });
        return name;
      },
    }),
});
