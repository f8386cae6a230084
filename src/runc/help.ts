// The help of `tsker runc`. Pure.
import type { Flag } from './arguments.ts';
import { COMMANDS, type Command, GLOBAL_FLAGS } from './table.ts';

export function globalHelp(): string {
  const commands = Object.entries(COMMANDS).map(([name, { usage }]) => [name, usage] as const);
  return [
    'NAME:\n   runc - OCI runtime of tsker\n',
    'USAGE:\n   runc [global options] command [command options] [arguments...]\n',
    `COMMANDS:\n${columns(commands)}`,
    `GLOBAL OPTIONS:\n${columns(GLOBAL_FLAGS.map(flagRow))}`,
  ].join('\n');
}

export function commandHelp(name: string, { usage, synopsis, flags }: Command): string {
  const options = flags.length === 0 ? '' : `\nOPTIONS:\n${columns(flags.map(flagRow))}`;
  return `NAME:\n   runc ${name} - ${usage}\n\nUSAGE:\n   runc ${name} [command options] ${synopsis}\n${options}`;
}

function flagRow({ names, value, usage }: Flag): readonly [string, string] {
  const spelled = names.map((name) => `${name.length === 1 ? '-' : '--'}${name}${value === undefined ? '' : ' value'}`);
  return [spelled.join(', '), usage];
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `   ${left.padEnd(width)}${right}\n`).join('');
}
