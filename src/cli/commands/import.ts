// tsker import [OPTIONS] file|URL|- [REPOSITORY[:TAG]]: an image of one layer from a tar archive of a file system.
import { createReadStream } from 'node:fs';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { openInput } from '../open-input.ts';
import { showProgress } from '../output/show-progress.ts';

const flags = defineFlags({
  change: { kind: 'list', short: 'c', summary: 'Apply Dockerfile instruction to the created image' },
  message: { kind: 'string', short: 'm', summary: 'Set commit message for imported image' },
  platform: { kind: 'string', summary: 'Set platform if server is multi-platform capable' },
});

export const importImage = defineCommand({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  flags,
  args: { min: 1, max: 2 },
  examples: [['import -c \'CMD ["sh"]\' rootfs.tar small:latest', 'Make an image of a root file system']],
  async run({ client, flags, args: [source = '', repo], io, env }) {
    const isUrl = /^https?:\/\//.test(source);
    const body = isUrl ? undefined : source === '-' ? io.stdin : await openInput(createReadStream(source));
    const answer = await client.request('POST', '/images/create', {
      query: {
        fromSrc: isUrl ? source : '-',
        repo,
        message: flags.message,
        changes: flags.change,
        platform: flags.platform ?? env.DOCKER_DEFAULT_PLATFORM,
      },
      ...(body === undefined ? {} : { body, headers: { 'Content-Type': 'application/x-tar' } }),
    });
    await showProgress(answer.body, { output: io.stdout });
    return 0;
  },
});
