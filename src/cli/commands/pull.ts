// tsker pull [OPTIONS] NAME[:TAG|@DIGEST]: fetch an image from its registry.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { canonicalImageName, splitImageName } from '../image-name.ts';
import { pullImage } from '../pull-image.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  'all-tags': { kind: 'boolean', short: 'a', summary: 'Download all tagged images in the repository' },
  'disable-content-trust': { kind: 'boolean', summary: 'Skip image verification', hidden: true },
  platform: { kind: 'string', summary: 'Set platform if server is multi-platform capable' },
  quiet: { kind: 'boolean', short: 'q', summary: 'Suppress verbose output' },
});

export const pull = defineCommand({
  usage: '[OPTIONS] NAME[:TAG|@DIGEST]',
  flags,
  args: { min: 1, max: 1 },
  examples: [
    ['pull tsker/busybox', 'From the executable itself: needs no network'],
    ['pull localhost:5000/app:1.2', 'From a registry of your own'],
  ],
  async run({ client, flags, args: [name = ''], io, env }) {
    const { version } = splitImageName(name);
    const allTags = flags['all-tags'] === true;
    if (allTags && version !== '') {
      throw new UsageError("tag can't be used with --all-tags/-a");
    }
    const quiet = flags.quiet === true;
    if (version === '' && !allTags && !quiet) io.stdout.write('Using default tag: latest\n');
    const platform = flags.platform ?? env.DOCKER_DEFAULT_PLATFORM;
    await pullImage(client, name, { output: io.stdout, env, platform, quiet, allTags });
    if (!allTags) io.stdout.write(`${canonicalImageName(name)}\n`);
    return 0;
  },
});
