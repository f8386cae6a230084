// tsker login [OPTIONS] [SERVER]: try credentials at a registry, and keep them in Docker's config.json.
import type { RegistryAuth } from '../../types/image.ts';
import { TskerError } from '../../util/errors.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { configPath } from '../credentials/config-file.ts';
import { findCredentials, HUB_SERVER, keepCredentials, serverKey } from '../credentials/credentials.ts';
import { defineFlags } from '../flags/spec.ts';
import { UsageError } from '../usage-error.ts';

const flags = defineFlags({
  password: { kind: 'string', short: 'p', summary: 'Password or Personal Access Token (PAT)' },
  'password-stdin': { kind: 'boolean', summary: 'Take the Password or Personal Access Token (PAT) from stdin' },
  username: { kind: 'string', short: 'u', summary: 'Username' },
});

/** POST /auth. */
interface LoginResponse {
  readonly Status: string;
  readonly IdentityToken?: string;
}

type Call = Pick<CommandContext, 'client' | 'env' | 'io'>;

export const login = defineCommand({
  usage: '[OPTIONS] [SERVER]',
  flags,
  args: { min: 0, max: 1 },
  examples: [['login -u me --password-stdin localhost:5000 < password', 'Without anybody at the keyboard']],
  async run({ client, env, io, flags, args: [address] }) {
    const server = serverKey(address);
    const call = { client, env, io };
    const given = { username: flags.username, password: flags.password };
    if (flags['password-stdin'] === true) {
      if (given.password !== undefined)
        throw new UsageError('conflicting options: cannot specify both --password and --password-stdin');
      if (given.username === undefined)
        throw new UsageError('the --password-stdin option requires --username to be set');
      given.password = (await readAll(io.stdin)).replace(/\r?\n$/, '');
    } else if (given.password !== undefined) {
      io.stderr.write('WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n');
    }
    if (given.username === undefined && given.password === undefined && (await useStored(call, server))) return 0;
    await signIn(call, { ...(await complete(call, given, server)), serveraddress: server });
    return 0;
  },
});

/** Tries what is kept already; false when there is nothing or it is no longer good. */
async function useStored(call: Call, server: string): Promise<boolean> {
  const stored = await findCredentials(call.env, server);
  if (stored === undefined) return false;
  call.io.stderr.write(`Authenticating with existing credentials...\n`);
  try {
    await signIn(call, stored);
    return true;
  } catch (error) {
    if (call.io.stdin.isTTY !== true) throw error;
    call.io.stderr.write(`Login did not succeed, error: ${error instanceof Error ? error.message : error}\n`);
    return false;
  }
}

interface Given {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

async function complete({ io }: Call, { username, password }: Given, server: string): Promise<RegistryAuth> {
  if (username !== undefined && password !== undefined) return { username, password };
  if (io.stdin.isTTY !== true) {
    throw new TskerError('invalid', 'Cannot perform an interactive login from a non TTY device', {
      hint: 'give --username and --password-stdin',
    });
  }
  const { ask } = await import('../credentials/ask.ts');
  if (server === HUB_SERVER) io.stdout.write('Log in with your Docker ID to push and pull images from Docker Hub.\n');
  const user = username ?? (await ask(io, { text: 'Username: ' })).trim();
  if (user === '') throw new TskerError('invalid', 'username is required');
  const secret = password ?? (await ask(io, { text: 'Password: ', secret: true }));
  if (secret === '') throw new TskerError('invalid', 'password is required');
  return { username: user, password: secret };
}

async function signIn({ client, env, io }: Call, auth: RegistryAuth): Promise<void> {
  const answer = await client.json<LoginResponse>('POST', '/auth', { json: auth });
  const token = answer.IdentityToken || undefined;
  const kept = token === undefined ? auth : { ...auth, identitytoken: token };
  const { helper } = await keepCredentials(env, auth.serveraddress ?? HUB_SERVER, kept);
  if (helper === undefined) {
    io.stderr.write(
      `\nWARNING! Your credentials are stored unencrypted in '${configPath(env)}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
    );
  }
  io.stdout.write(`${answer.Status}\n`);
}

async function readAll(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
