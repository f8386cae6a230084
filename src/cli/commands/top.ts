// tsker top CONTAINER [ps OPTIONS]: the processes of a running container, as the host sees them.
import type { TopResponse } from '../../types/container.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { tabulate } from '../output/tabulate.ts';
import { containerPath } from '../targets.ts';

export const top = defineCommand({
  usage: 'CONTAINER [ps OPTIONS]',
  flags: defineFlags({}),
  flagsFirst: true,
  args: { min: 1 },
  examples: [['top web -o pid,rss,args', 'With columns of your choice']],
  async run({ client, args: [container = '', ...options], io }) {
    const query = options.length > 0 ? { ps_args: options.join(' ') } : {};
    const { Titles, Processes } = await client.json<TopResponse>('GET', containerPath(container, 'top'), { query });
    for (const line of tabulate([Titles, ...Processes])) io.stdout.write(`${line}\n`);
    return 0;
  },
});
