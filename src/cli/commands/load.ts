// tsker load [OPTIONS]: images from an archive of `save`, ours or Docker's, or of the OCI layout.
import { createReadStream } from 'node:fs';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { loadNear } from '../load-near.ts';
import { openInput } from '../open-input.ts';
import { showProgress } from '../output/show-progress.ts';
import { platformQuery } from '../platform.ts';

const flags = defineFlags({
  input: { kind: 'string', short: 'i', summary: 'Read from tar archive file, instead of STDIN' },
  platform: { kind: 'string', summary: 'Load only the given platform variant, like linux/amd64' },
  quiet: { kind: 'boolean', short: 'q', summary: 'Suppress the load output' },
});

export const load = defineCommand({
  usage: '[OPTIONS]',
  flags,
  args: { min: 0, max: 0 },
  examples: [['load -i busybox.tar', 'Load what `save` wrote']],
  async run({ client, flags, io }) {
    if (flags.input === undefined && io.stdin.isTTY === true) {
      throw new TskerError('invalid', 'requested load from stdin, but stdin is a terminal', {
        hint: 'name the archive with -i, or redirect it to stdin',
      });
    }
    const archive = flags.input === undefined ? io.stdin : await openInput(createReadStream(flags.input));
    const quiet = flags.quiet === true || io.stdout.isTTY !== true;
    const query = { quiet, platform: platformQuery(flags.platform) };
    const near = flags.input === undefined ? undefined : await loadNear(client, flags.input, query);
    const { body } =
      near ??
      (await client.request('POST', '/images/load', {
        query,
        headers: { 'Content-Type': 'application/x-tar' },
        body: archive,
      }));
    await showProgress(body, { output: io.stdout });
    if (near !== undefined && archive !== io.stdin) archive.destroy();
    return 0;
  },
});
