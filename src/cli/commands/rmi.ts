// tsker rmi [OPTIONS] IMAGE...: remove tags, and images with their last tag.
import { ApiError } from '../../client/api-error.ts';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';
import { forEachTarget, imagePath } from '../targets.ts';

const flags = defineFlags({
  force: { kind: 'boolean', short: 'f', summary: 'Force removal of the image' },
  'no-prune': { kind: 'boolean', summary: 'Do not delete untagged parents' },
});

/** One element of the answer: a tag or an image that is gone. */
interface Removal {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

export const rmi = defineCommand({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  flags,
  args: { min: 1 },
  examples: [['rmi busybox:latest', 'Remove a tag, and the image when it was the last']],
  async run({ client, flags, args, io }) {
    let failed = 0;
    // One after the other: tags of one image depend on each other.
    for (const name of args) {
      const act = async (): Promise<string | undefined> => {
        const query = { force: flags.force || undefined, noprune: flags['no-prune'] || undefined };
        const removals = await client.json<readonly Removal[]>('DELETE', imagePath(name), { query }).catch((error) => {
          if (!(flags.force === true && error instanceof ApiError && error.httpStatus === 404)) throw error;
          io.stderr.write(`tsker: ${error.message}\n`);
          return [];
        });
        const lines = removals.map(({ Deleted, Untagged }) =>
          Deleted === undefined ? `Untagged: ${Untagged}` : `Deleted: ${Deleted}`,
        );
        return lines.length === 0 ? undefined : lines.join('\n');
      };
      failed = Math.max(failed, await forEachTarget([name], { io, act }));
    }
    return failed;
  },
});
