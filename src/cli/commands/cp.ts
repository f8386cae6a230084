// tsker cp [OPTIONS] CONTAINER:SRC DEST|-, SRC|- CONTAINER:DEST: files between a container and this machine.
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { parseCopyArgument } from '../cp/paths.ts';
import { defineFlags } from '../flags/spec.ts';
import { humanSize } from '../output/human.ts';

const flags = defineFlags({
  archive: { kind: 'boolean', short: 'a', summary: 'Archive mode (copy all uid/gid information)' },
  'follow-link': { kind: 'boolean', short: 'L', summary: 'Always follow symbol link in SRC_PATH' },
  quiet: { kind: 'boolean', short: 'q', summary: 'Suppress progress output during copy' },
});

export const cp = defineCommand({
  usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH',
  flags,
  args: { min: 2, max: 2 },
  examples: [
    ['cp web:/etc/nginx.conf .', 'A file out of a container, running or not'],
    ['cp site/. web:/srv', 'The content of a directory into one'],
    ['cp web:/var/log - | tar t', 'As a tar archive to STDOUT'],
  ],
  async run({ client, flags, args, io }) {
    const [from = '', to = ''] = args;
    if (from === '') throw new TskerError('invalid', 'source can not be empty');
    if (to === '') throw new TskerError('invalid', 'destination can not be empty');
    const [source, target] = [parseCopyArgument(from), parseCopyArgument(to)];
    const report = (bytes: number, where: string): void => {
      if (flags.quiet === true || io.stderr.isTTY !== true) return;
      io.stderr.write(`Successfully copied ${humanSize(bytes, 3)} to ${where}\n`);
    };
    const common = { client, io, follow: flags['follow-link'] === true, report };
    if (source.container !== undefined && target.container !== undefined) {
      throw new TskerError('invalid', 'copying between containers is not supported');
    }
    if (source.container !== undefined) {
      const { copyOut } = await import('../cp/copy-out.ts');
      const { container, path } = source;
      await copyOut({ ...common, source: { container, path }, target: target.path });
    } else if (target.container !== undefined) {
      const { copyIn } = await import('../cp/copy-in.ts');
      const { container, path } = target;
      await copyIn({ ...common, source: source.path, target: { container, path }, archive: flags.archive === true });
    } else {
      throw new TskerError('invalid', 'must specify at least one container source');
    }
    return 0;
  },
});
