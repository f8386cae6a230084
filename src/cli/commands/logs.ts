// tsker logs [OPTIONS] CONTAINER: what a container wrote.
import type { ApiClient } from '../../client/client.ts';
import type { ContainerInspect } from '../../types/container.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { parseTimestamp } from '../flags/timestamp.ts';
import { copyOutput } from '../output/copy.ts';
import { containerPath } from '../targets.ts';

const flags = defineFlags({
  details: { kind: 'boolean', summary: 'Show extra details provided to logs' },
  follow: { kind: 'boolean', short: 'f', summary: 'Follow log output' },
  since: {
    kind: 'string',
    summary: 'Show logs since timestamp (2013-01-02T13:23:37Z) or relative (42m for 42 minutes)',
  },
  tail: {
    kind: 'string',
    short: 'n',
    summary: 'Number of lines to show from the end of the logs',
    shownDefault: 'all',
  },
  timestamps: { kind: 'boolean', short: 't', summary: 'Show timestamps' },
  until: {
    kind: 'string',
    summary: 'Show logs before a timestamp (2013-01-02T13:23:37Z) or relative (42m for 42 minutes)',
  },
});

export const logs = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  flags,
  args: { min: 1, max: 1 },
  examples: [['logs -f --tail 10 web', 'The last ten lines, and what follows']],
  async run({ client, flags, args: [name = ''], io }) {
    const now = Date.now();
    const { head, body } = await client.request('GET', containerPath(name, 'logs'), {
      query: {
        stdout: true,
        stderr: true,
        details: flags.details || undefined,
        follow: flags.follow || undefined,
        since: flags.since && parseTimestamp(flags.since, now),
        tail: flags.tail,
        timestamps: flags.timestamps || undefined,
        until: flags.until && parseTimestamp(flags.until, now),
      },
    });
    const multiplexed = await isMultiplexed(client, name, head.headers.get('content-type'));
    await copyOutput(body.stream(), { io, multiplexed });
    return 0;
  },
});

/** From API 1.42 on the content type says it; before, only the container does. */
async function isMultiplexed(client: ApiClient, name: string, contentType = ''): Promise<boolean> {
  if (contentType.startsWith('application/vnd.docker.multiplexed-stream')) return true;
  if (contentType.startsWith('application/vnd.docker.raw-stream')) return false;
  const { Config } = await client.json<ContainerInspect>('GET', containerPath(name, 'json'));
  return !Config.Tty;
}
