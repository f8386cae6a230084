// tsker push [OPTIONS] NAME[:TAG]: an image to the registry its name says.
import { defineCommand } from '../command.ts';
import { authHeaders } from '../credentials/credentials.ts';
import { defineFlags } from '../flags/spec.ts';
import { canonicalImageName, splitImageName } from '../image-name.ts';
import { showProgress } from '../output/show-progress.ts';
import { platformQuery } from '../platform.ts';
import { imagePath } from '../targets.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  'all-tags': { kind: 'boolean', short: 'a', summary: 'Push all tags of an image to the repository' },
  'disable-content-trust': { kind: 'boolean', summary: 'Skip image signing', hidden: true },
  platform: { kind: 'string', summary: 'Push a platform-specific manifest', hidden: true },
  quiet: { kind: 'boolean', short: 'q', summary: 'Suppress verbose output' },
});

export const push = defineCommand({
  usage: '[OPTIONS] NAME[:TAG]',
  flags,
  args: { min: 1, max: 1 },
  examples: [['push localhost:5000/app:1.2', 'To a registry of your own']],
  async run({ client, env, flags, args: [name = ''], io }) {
    const { repository, version } = splitImageName(name);
    const allTags = flags['all-tags'] === true;
    if (allTags && version !== '') throw new UsageError("tag can't be used with --all-tags/-a");
    const quiet = flags.quiet === true;
    if (!allTags && version === '' && !quiet) io.stdout.write('Using default tag: latest\n');
    const { body } = await client.request('POST', imagePath(repository, 'push'), {
      query: {
        tag: allTags ? undefined : version || 'latest',
        platform: platformQuery(flags.platform ?? env.DOCKER_DEFAULT_PLATFORM),
      },
      // Docker's daemon wants the header even when it says nothing.
      headers: { 'X-Registry-Auth': 'e30=', ...(await authHeaders(env, name)) },
    });
    await showProgress(body, { output: io.stdout, quiet });
    if (quiet) io.stdout.write(`${canonicalImageName(name)}\n`);
    return 0;
  },
});
