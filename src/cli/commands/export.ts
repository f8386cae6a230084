// tsker export [OPTIONS] CONTAINER: the files of a container as a tar archive, for `import` or `tar`.
import { pipeline } from 'node:stream/promises';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { exportNear } from '../export-near.ts';
import { defineFlags } from '../flags/spec.ts';
import { writeWhole } from '../output/write-whole.ts';
import { containerPath } from '../targets.ts';

const flags = defineFlags({
  output: { kind: 'string', short: 'o', summary: 'Write to a file, instead of STDOUT' },
});

export const exportContainer = defineCommand({
  usage: '[OPTIONS] CONTAINER',
  flags,
  args: { min: 1, max: 1 },
  examples: [
    ['export -o web.tar web', 'Into a file'],
    ['export web | tar t', 'What files it has'],
  ],
  async run({ client, flags: { output }, args: [name = ''], io }) {
    if (output === undefined && io.stdout.isTTY === true) {
      throw new TskerError('internal', 'cowardly refusing to save to a terminal. Use the -o flag or redirect');
    }
    if (output !== undefined && (await exportNear(client, { container: name, output }))) return 0;
    const { body } = await client.request('GET', containerPath(name, 'export'));
    if (output === undefined) await pipeline(body.stream(), io.stdout, { end: false });
    else await writeWhole(body.stream(), output);
    return 0;
  },
});
