// tsker commit [OPTIONS] CONTAINER [REPOSITORY[:TAG]]: an image from what a container changed.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { splitImageName } from '../image-name.ts';

const flags = defineFlags({
  author: { kind: 'string', short: 'a', summary: 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")' },
  change: { kind: 'list', short: 'c', summary: 'Apply Dockerfile instruction to the created image' },
  message: { kind: 'string', short: 'm', summary: 'Commit message' },
  pause: { kind: 'boolean', short: 'p', summary: 'Pause container during commit', shownDefault: 'true' },
});

export const commit = defineCommand({
  usage: '[OPTIONS] CONTAINER [REPOSITORY[:TAG]]',
  flags,
  args: { min: 1, max: 2 },
  examples: [['commit -c \'CMD ["sh"]\' web app:2', 'Keep what was done by hand']],
  async run({ client, flags, args: [container = '', name], io }) {
    const { repository, version } = splitImageName(name ?? '');
    const { Id } = await client.json<{ readonly Id: string }>('POST', '/commit', {
      query: {
        container,
        repo: repository || undefined,
        tag: version || undefined,
        comment: flags.message,
        author: flags.author,
        changes: flags.change,
        pause: flags.pause === false ? '0' : undefined,
      },
      json: {},
    });
    io.stdout.write(`${Id}\n`);
    return 0;
  },
});
