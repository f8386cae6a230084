// tsker restart [OPTIONS] CONTAINER...: stop containers, if they run, and start them.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { containerPath, forEachTarget } from '../targets.ts';

const flags = defineFlags({
  signal: { kind: 'string', short: 's', summary: 'Signal to send to the container' },
  timeout: { kind: 'integer', short: 't', alias: 'time', summary: 'Seconds to wait before killing the container' },
});

export const restart = defineCommand({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  flags,
  args: { min: 1 },
  examples: [['restart -t 2 web', 'Kill it after two seconds, then start it again']],
  run: ({ client, flags, args, io }) =>
    forEachTarget(args, {
      io,
      act: async (name) => {
        const query = { signal: flags.signal, t: flags.timeout };
        await client.send('POST', containerPath(name, 'restart'), { query });
        return name;
      },
    }),
});
