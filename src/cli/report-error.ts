// An error in the form in which the command line shows it: one line on stderr that starts with `tsker: `, the hint below.
import { messageOf, TskerError } from '../util/errors.ts';
import { ExitError } from './exit-error.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import type { ClientProcess } from './main.ts';
import { nearestNames } from './suggest.ts';
import { findCommand } from './table.ts';
import { ArgumentCountError, UsageError } from './usage-error.ts';

/** The exit code of anything the daemon or the client says no to; `run` has its own (create/start-failure.ts). */
const FAILURE = 1;

/** Prints the error and answers the exit code. */
export async function reportError(error: unknown, { io, env }: ClientProcess): Promise<number> {
  const lines = [`tsker: ${messageOf(error)}`];
  const hint = (error instanceof TskerError ? error.hint : undefined) ?? (await usageHint(error));
  if (hint !== undefined) lines.push(hint);
  if (!(error instanceof TskerError) && error instanceof Error && env['TSKER_DEBUG']) lines.push(error.stack ?? '');
  io.stderr.write(`${lines.join('\n')}\n`);
  return exitCodeOf(error);
}

/** Errors that know their exit code are those of usage, and those that a command has given one. */
function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ArgumentCountError || error instanceof ExitError) {
    return error.exitCode;
  }
  return FAILURE;
}

async function usageHint(error: unknown): Promise<string | undefined> {
  if (!(error instanceof UsageError || error instanceof ArgumentCountError)) return undefined;
  const command = error.command === undefined ? '' : `${error.command} `;
  const see = `See 'tsker ${command}--help'`;
  if (!(error instanceof UsageError) || error.unknownFlag === undefined) return see;
  const found = findCommand(command.split(' '));
  const table = found === undefined ? GLOBAL_FLAGS : (await found.entry.load()).flags;
  const near = nearestNames(error.unknownFlag, Object.keys(table)).map((name) => `--${name}`);
  return near.length === 0 ? see : `Did you mean: ${near.join(', ')}?\n${see}`;
}
