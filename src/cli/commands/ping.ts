// tsker ping: whether the daemon answers, and how long it took.
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';

export const ping = defineCommand({
  usage: '',
  flags: defineFlags({}),
  args: { min: 0, max: 0 },
  examples: [['ping', 'Exit code 0 when the daemon answers']],
  async run({ client, io }) {
    const start = performance.now();
    const { head, body } = await client.request('GET', '/_ping');
    body.discard();
    const server = head.headers.get('server') ?? 'daemon';
    const version = head.headers.get('api-version') ?? '?';
    io.stdout.write(
      `OK from ${client.host.url}: ${server}, API ${version}, ${(performance.now() - start).toFixed(1)} ms\n`,
    );
    return 0;
  },
});
