// tsker system dial-stdio: standard input and output become a connection to the daemon. The other half of -H ssh://, here and in Docker.
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { defineCommand } from '../command.ts';
import { defineFlags } from '../flags/spec.ts';

export const dialStdio = defineCommand({
  usage: '',
  flags: defineFlags({}),
  args: { min: 0, max: 0 },
  examples: [['system dial-stdio', 'What "tsker -H ssh://host ps" starts on the other host']],
  async run({ client, io }) {
    const connection = await client.dial();
    // Our input may end long before the daemon's answer does: the half that is left stays open.
    io.stdin.pipe(connection);
    connection.pipe(io.stdout, { end: false });
    await Promise.race([finished(connection, { writable: false }), once(io.stdout, 'close')]);
    connection.destroy();
    return 0;
  },
});
