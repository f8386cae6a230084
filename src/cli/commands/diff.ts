// tsker diff CONTAINER: what a container has changed of its image's files.
import type { FilesystemChange } from '../../types/archive.ts';
import { TskerError } from '../../util/errors.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { printLines } from '../io.ts';
import { containerPath } from '../targets.ts';

const LETTERS = ['C', 'A', 'D'] as const;

export const diff = defineCommand({
  usage: 'CONTAINER',
  flags: defineFlags({}),
  args: { min: 1, max: 1 },
  examples: [['diff web', 'A: added, C: changed, D: deleted']],
  async run({ client, args: [name = ''], io }) {
    if (name === '') throw new TskerError('invalid', 'container name cannot be empty');
    const changes = await client.json<FilesystemChange[] | null>('GET', containerPath(name, 'changes'));
    printLines(
      io.stdout,
      (changes ?? []).map(({ Path, Kind }) => `${LETTERS[Kind]} ${Path}`),
    );
    return 0;
  },
});
