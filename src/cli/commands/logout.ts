// tsker logout [SERVER]: forget the credentials of a registry.
import { defineCommand } from '../command.ts';
import { forgetCredentials, serverKey } from '../credentials/credentials.ts';

export const logout = defineCommand({
  usage: '[SERVER]',
  flags: {},
  args: { min: 0, max: 1 },
  examples: [['logout localhost:5000', 'Forget one registry']],
  async run({ env, io, args: [address] }) {
    const server = serverKey(address);
    const known = await forgetCredentials(env, server);
    io.stdout.write(known ? `Removing login credentials for ${server}\n` : `Not logged in to ${server}\n`);
    return 0;
  },
});
