// What a command is: its flags, how many arguments it takes, its help and what it does. A command file exports one of
// these; the table (table.ts) says which file belongs to which name.
import type { ApiClient } from '../client/client.ts';
import type { Environment } from '../client/host.ts';
import { parseArguments } from './flags/parse.ts';
import type { FlagTable, FlagValues } from './flags/spec.ts';
import type { Io } from './io.ts';
import { ArgumentCountError, UsageError } from './usage-error.ts';

/** What every command is given. */
export interface CommandContext {
  /** Connects when it is first used. */
  readonly client: ApiClient;
  readonly io: Io;
  readonly env: Environment;
  /** As the user spelled it: `container ls`. */
  readonly spelling: string;
}

export interface CommandCall<T extends FlagTable> extends CommandContext {
  readonly flags: FlagValues<T>;
  readonly args: readonly string[];
}

export interface CommandSpec<T extends FlagTable> {
  /** What follows the name: `[OPTIONS] CONTAINER [CONTAINER...]`. */
  readonly usage: string;
  readonly flags: T;
  readonly args: { readonly min: number; readonly max?: number };
  /** See ParseOptions. */
  readonly flagsFirst?: boolean;
  /** Command line (without `tsker`) and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  /** Answers the exit code, 0 when it says nothing. */
  run(call: CommandCall<T>): Promise<number | undefined>;
}

/** A command with the types of its flags forgotten. */
export interface Command {
  readonly usage: string;
  readonly flags: FlagTable;
  readonly examples: readonly (readonly [string, string])[];
  /** Parses and runs; `help` when the user asked for that instead. Throws UsageError and whatever the command does. */
  invoke(argv: readonly string[], context: CommandContext): Promise<number | 'help'>;
}

export function defineCommand<T extends FlagTable>(spec: CommandSpec<T>): Command {
  return {
    usage: spec.usage,
    flags: spec.flags,
    examples: spec.examples,
    async invoke(argv, context) {
      const options = { flagsFirst: spec.flagsFirst === true, command: context.spelling };
      const { flags, args, help } = parseArguments(spec.flags, argv, options);
      if (help) return 'help';
      checkCount(spec.args, args.length, context.spelling);
      try {
        return (await spec.run({ ...context, flags, args })) ?? 0;
      } catch (error) {
        throw error instanceof UsageError ? error.of(context.spelling) : error;
      }
    },
  };
}

/** Docker's words, which scripts show to people. */
function checkCount(allowed: { readonly min: number; readonly max?: number }, count: number, spelling: string): void {
  const { min, max = Number.POSITIVE_INFINITY } = allowed;
  if (count >= min && count <= max) return;
  const demand =
    max === 0
      ? 'accepts no arguments'
      : min === max
        ? `requires exactly ${countOf(min)}`
        : count < min
          ? `requires at least ${countOf(min)}`
          : `requires at most ${countOf(max)}`;
  throw new ArgumentCountError(`"tsker ${spelling}" ${demand}.`, spelling);
}

function countOf(count: number): string {
  return count === 1 ? '1 argument' : `${count} arguments`;
}
