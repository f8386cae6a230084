// Client mode from the argument vector to the exit code: global flags, the command's own file, errors in words. What is
// not on the way of a correct command (help, suggestions, completion) is loaded only when it is needed.
import { ApiClient } from '../client/client.ts';
import { type Environment, resolveHost } from '../client/host.ts';
import { TskerError } from '../util/errors.ts';
import type { CommandContext } from './command.ts';
import { parseArguments } from './flags/parse.ts';
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
  if (process.argv.includes('--get-yargs-completions')) return (await import('./completion.ts')).complete(process);
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
  { env, io }: ClientProcess,
  flags: { readonly host: readonly string[]; readonly debug: boolean | undefined },
): Promise<number | 'help'> {
  const command = await found.entry.load();
  if (flags.host.length > 1) throw new TskerError('invalid', 'please specify only one -H');
  const client = new ApiClient({
    host: resolveHost(flags.host[0], env),
    ...(env.DOCKER_API_VERSION ? { apiVersion: env.DOCKER_API_VERSION } : {}),
    ...(flags.debug === true ? { onRequest: (...request) => showRequest(io, request) } : {}),
  });
  const context: CommandContext = { client, io, env, spelling: found.spelling };
  return command.invoke(found.rest, context);
}

/** `help`, `completion`, a noun alone, or a word that means nothing. */
async function withoutCommand(process: ClientProcess, words: readonly string[]): Promise<number> {
  const [first = '', ...rest] = words;
  if (first === 'help') return (await import('./help.ts')).printHelpOf(process.io, rest);
  if (first === 'completion') return (await import('./completion.ts')).printScript(process, rest);
  if (NOUNS[first] !== undefined && (rest.length === 0 || rest.includes('--help') || rest.includes('-h'))) {
    return (await import('./help.ts')).printNounHelp(process.io, first);
  }
  throw (await import('./unknown-command.ts')).unknownCommandError(words);
}

function showRequest(io: Io, [method, path, json]: readonly [string, string, string | undefined]): void {
  io.stderr.write(`> ${method} ${path}${json === undefined ? '' : ` ${json}`}\n`);
}
