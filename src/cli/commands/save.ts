// tsker save [OPTIONS] IMAGE...: images as an archive for `load`, ours or Docker's.
import { pipeline } from 'node:stream/promises';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { writeWhole } from '../output/write-whole.ts';
import { platformQuery } from '../platform.ts';

const flags = defineFlags({
  output: { kind: 'string', short: 'o', summary: 'Write to a file, instead of STDOUT' },
  platform: { kind: 'string', summary: 'Save only the given platform variant, like linux/amd64' },
});

export const save = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags,
  args: { min: 1 },
  examples: [
    ['save -o busybox.tar busybox', 'All tags of a repository'],
    ['save busybox:1 app:2 | gzip > both.tgz', 'Several images, compressed'],
  ],
  async run({ client, flags, args, io }) {
    const { output, platform } = flags;
    if (output === undefined && io.stdout.isTTY === true) {
      throw new TskerError('internal', 'cowardly refusing to save to a terminal. Use the -o flag or redirect');
    }
    const { body } = await client.request('GET', '/images/get', {
      query: { names: args, platform: platformQuery(platform) },
    });
    if (output === undefined) await pipeline(body.stream(), io.stdout, { end: false });
    else await writeWhole(body.stream(), output);
    return 0;
  },
});
