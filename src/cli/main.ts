// Client mode from the argument vector to the exit code: global flags, the command's own file, errors in words. What is
// not on the way of a correct command (help, suggestions, completion) is loaded only when it is needed.
import type { ClientOptions } from '../client/client.ts';
import { type Environment, resolveHost } from '../client/host.ts';
import { TskerError } from '../util/errors.ts';
import type { CommandContext } from './command.ts';
import { parseArguments } from './flags/parse.ts';
import type { FlagValues } from './flags/spec.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import type { Io } from './io.ts';
import { type FoundCommand, findCommand, NOUNS } from './table.ts';

export interface ClientProcess {
  /** Without the executable's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly io: Io;
}

/** Runs one command line; answers the exit code. Never throws. */
export async function runClient(process: ClientProcess): Promise<number> {
  try {
    return await dispatch(process);
  } catch (error) {
    const { reportError } = await import('./report-error.ts');
    return reportError(error, process);
  }
}

async function dispatch(process: ClientProcess): Promise<number> {
  if (process.argv[0] === '__complete') return (await import('./completion/complete.ts')).complete(process);
  const { flags, args: words, help } = parseArguments(GLOBAL_FLAGS, process.argv, { flagsFirst: true });
  if (flags.version === true) return (await import('./commands/version.ts')).printShortVersion(process.io);
  if (help || words.length === 0) return (await import('./help.ts')).printTopHelp(process.io);

  const found = findCommand(words);
  if (found === undefined) return withoutCommand(process, words);
  // Needs nothing of the command but its help.
  const outcome = found.rest[0] === '--help' ? 'help' : await invoke(found, process, flags);
  if (outcome !== 'help') return outcome;
  return (await import('./help.ts')).printCommandHelp(process.io, found.entry);
}

async function invoke(
  found: FoundCommand,
  process: ClientProcess,
  flags: FlagValues<typeof GLOBAL_FLAGS>,
): Promise<number | 'help'> {
  const { io } = process;
  const env = flags.config === undefined ? process.env : { ...process.env, DOCKER_CONFIG: flags.config };
  const command = await found.entry.load();
  const { ApiClient } = await import('../client/client.ts');
  if (flags.host.length > 1) throw new TskerError('invalid', 'please specify only one -H');
  const client = new ApiClient({
    host: resolveHost(flags.host[0], env, flags),
    ...(env.DOCKER_API_VERSION ? { apiVersion: env.DOCKER_API_VERSION } : {}),
    ...(await shower({ io, env }, flags)),
  });
  const context: CommandContext = { client, io, env, spelling: found.spelling };
  return command.invoke(found.rest, context);
}

/** `help`, `completion`, a noun alone, or a word that means nothing. */
async function withoutCommand(process: ClientProcess, words: readonly string[]): Promise<number> {
  const [first = '', ...rest] = words;
  if (first === 'help') return (await import('./help.ts')).printHelpOf(process.io, rest);
  if (first === 'completion') return (await import('./completion/script.ts')).printScript(process, rest);
  if (NOUNS[first] !== undefined && (rest.length === 0 || rest.includes('--help') || rest.includes('-h'))) {
    return (await import('./help.ts')).printNounHelp(process.io, first);
  }
  throw (await import('./unknown-command.ts')).unknownCommandError(words);
}

/** Who is told of requests: `-D` as lines to read, `--show-api` as lines to run. */
async function shower(
  { io, env }: Pick<ClientProcess, 'io' | 'env'>,
  flags: FlagValues<typeof GLOBAL_FLAGS>,
): Promise<Pick<ClientOptions, 'onRequest'>> {
  if (flags['show-api'] === true) {
    const { curlLine } = await import('./output/curl.ts');
    const host = resolveHost(flags.host[0], env);
    return { onRequest: (request) => void io.stderr.write(`${curlLine(host, request)}\n`) };
  }
  if (flags.debug !== true) return {};
  return {
    onRequest: ({ method, path, body }) =>
      void io.stderr.write(`> ${method} ${path}${typeof body === 'string' ? ` ${body}` : ''}\n`),
  };
}
