// tsker tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]: another name for an image.
import { defineCommand } from '../command.ts';
import { splitImageName } from '../image-name.ts';
import { imagePath } from '../targets.ts';

export const tag = defineCommand({
  usage: 'SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]',
  flags: {},
  args: { min: 2, max: 2 },
  examples: [['tag busybox localhost:5000/busybox:1', 'Name an image for the registry it is to be pushed to']],
  async run({ client, args: [source = '', target = ''] }) {
    // A digest is the daemon's to refuse, in its own words.
    const { repository, version } = splitImageName(target);
    const query = target.includes('@') ? { repo: target } : { repo: repository, tag: version || 'latest' };
    await client.send('POST', imagePath(source, 'tag'), { query });
    return 0;
  },
});
