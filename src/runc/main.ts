// `tsker runc`: the runtime as the command line that containerd's shim, conmon and people call, in runc's words. It does one
// thing and ends; what is left for the next command is below --root.
import { writeSync } from 'node:fs';
import { OCI_VERSION } from '../runtime/default-spec.ts';
import { messageOf, TskerError } from '../util/errors.ts';
import { ENGINE_VERSION } from '../util/version.ts';
import { type Options, parseArguments } from './arguments.ts';
import { commandHelp, globalHelp } from './help.ts';
import { Log } from './log.ts';
import { print } from './output.ts';
import { Store } from './store.ts';
import { COMMANDS, type Command, GLOBAL_FLAGS } from './table.ts';

const DEFAULT_ROOT = '/run/tsker/runc';
const STDERR = 2;
/** Of a command that does not exist. */
const NO_COMMAND = 3;

/** Returns the exit code. Everything that goes wrong is told in the log. */
export async function runRunc(argv: readonly string[]): Promise<number> {
  let log = new Log({ file: undefined, format: 'text', debug: false });
  let name = '';
  try {
    const { options, words } = parseArguments(argv, GLOBAL_FLAGS, 'program');
    name = words[0] ?? '';
    if (options.has('version')) return tell(version());
    if (name === '' || options.has('help')) return tell(globalHelp());
    log = openLog(options);
    if (name === 'help' || name === 'h') return tell(helpFor(words[1]));
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) {
      log.error(`No help topic for '${name}'`);
      return NO_COMMAND;
    }
    checkGlobals(options);
    const store = new Store(options.text('root') ?? DEFAULT_ROOT);
    const code = await runCommand({ name, command, argv: words.slice(1), session: { log, store } });
    log.close();
    return code;
  } catch (error) {
    log.error(describe(name, error));
    return COMMANDS[name]?.failure ?? 1;
  }
}

interface CommandRun {
  readonly name: string;
  readonly command: Command;
  readonly argv: readonly string[];
  readonly session: { readonly log: Log; readonly store: Store };
}

async function runCommand({ name, command, argv, session }: CommandRun): Promise<number> {
  if (['-h', '--help', '-help'].includes(argv[0] ?? '')) return tell(commandHelp(name, command));
  const { options, words } = parseCommand(name, command, argv);
  if (options.has('no-pivot')) {
    throw new TskerError('unsupported', '--no-pivot is not supported: the root is always entered by pivot_root');
  }
  const verb = await command.load();
  return verb({ session, options, words });
}

function parseCommand(name: string, command: Command, argv: readonly string[]): ReturnType<typeof parseArguments> {
  try {
    const parsed = parseArguments(argv, command.flags, command.program === true ? 'program' : 'words');
    checkCount(name, command, parsed.words.length);
    return parsed;
  } catch (error) {
    writeSync(STDERR, `Incorrect Usage: ${messageOf(error)}\n\n${commandHelp(name, command)}`);
    throw error;
  }
}

function checkCount(name: string, { atLeast, atMost }: Command, count: number): void {
  if (count >= atLeast && (atMost === undefined || count <= atMost)) return;
  const few = count < atLeast;
  const how = atLeast === atMost ? `exactly ${atMost}` : few ? `a minimum of ${atLeast}` : `a maximum of ${atMost}`;
  throw new TskerError('invalid', `runc: "${name}" requires ${how} argument(s)`);
}

function openLog(options: Options): Log {
  const format = options.text('log-format') ?? 'text';
  if (format !== 'text' && format !== 'json') throw new TskerError('invalid', `invalid log-format: ${format}`);
  const file = options.text('log');
  return new Log({ file: file === '' ? undefined : file, format, debug: options.has('debug') });
}

function checkGlobals(options: Options): void {
  if (options.has('systemd-cgroup')) {
    throw new TskerError(
      'unsupported',
      '--systemd-cgroup is not supported: choose the cgroupfs manager of your engine',
    );
  }
  if (options.text('rootless') === 'true') {
    throw new TskerError('unsupported', '--rootless=true is not supported: this runtime needs root');
  }
}

/** Verbs that engines know by this prefix; the program's own failure comes after it. */
const PREFIXES: Readonly<Record<string, string>> = {
  create: 'runc create failed: ',
  run: 'runc run failed: ',
  exec: 'exec failed: ',
};

function describe(name: string, error: unknown): string {
  const usage = error instanceof TskerError && /^(runc: "|flag |invalid (boolean )?value )/.test(error.message);
  return `${usage ? '' : (PREFIXES[name] ?? '')}${messageOf(error)}`;
}

function helpFor(name: string | undefined): string {
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return name === undefined || command === undefined ? globalHelp() : commandHelp(name, command);
}

/** The lines that engines read: version, commit, spec. */
function version(): string {
  return `tsker-runc version ${ENGINE_VERSION}\ncommit: tsker-${ENGINE_VERSION}\nspec: ${OCI_VERSION}\n`;
}

function tell(text: string): number {
  print(text);
  return 0;
}
