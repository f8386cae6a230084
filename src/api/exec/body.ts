// The bodies of exec requests as typed values. Unknown fields are ignored and null is a missing one, as Go reads JSON;
// a field of another type is an error that names it. Pure.
import type { ExecCreateRequest, ExecStartRequest } from '../../types/exec.ts';
import { TskerError } from '../../util/errors.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Throws `invalid` for a wrong type and when there is no command. */
export function parseExecCreate(body: Fields | undefined): ExecCreateRequest {
  const fields = requireBody(body);
  const command = wordsOf(fields, 'Cmd');
  if (command === undefined || command.length === 0) throw new TskerError('invalid', 'No exec command specified');
  return {
    Cmd: command,
    ...given('User', textOf(fields, 'User')),
    ...given('Privileged', flagOf(fields, 'Privileged')),
    ...given('Tty', flagOf(fields, 'Tty')),
    ...given('AttachStdin', flagOf(fields, 'AttachStdin')),
    ...given('AttachStdout', flagOf(fields, 'AttachStdout')),
    ...given('AttachStderr', flagOf(fields, 'AttachStderr')),
    ...given('DetachKeys', textOf(fields, 'DetachKeys')),
    ...given('Env', wordsOf(fields, 'Env')),
    ...given('WorkingDir', textOf(fields, 'WorkingDir')),
    ...given('ConsoleSize', sizeOf(fields, 'ConsoleSize')),
  };
}

export function parseExecStart(body: Fields | undefined): ExecStartRequest {
  const fields = requireBody(body);
  return {
    ...given('Detach', flagOf(fields, 'Detach')),
    ...given('Tty', flagOf(fields, 'Tty')),
    ...given('ConsoleSize', sizeOf(fields, 'ConsoleSize')),
  };
}

function requireBody(body: Fields | undefined): Fields {
  if (body === undefined) throw new TskerError('invalid', 'invalid JSON: got EOF while reading request body');
  return body;
}

function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  return refuse(name, 'a string');
}

function flagOf(fields: Fields, name: string): boolean | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === 'boolean') return value;
  return refuse(name, 'true or false');
}

function wordsOf(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  return refuse(name, 'a list of strings');
}

/** The window's size travels in 16 bits (tty_ioctl(2)). */
function sizeOf(fields: Fields, name: string): readonly [number, number] | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined) return undefined;
  const [height, width, ...rest]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (isSize(height) && isSize(width) && rest.length === 0) return [height, width];
  return refuse(name, 'two numbers');
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535;
}

function refuse(name: string, wanted: string): never {
  throw new TskerError('invalid', `invalid JSON: ${name} must be ${wanted}`);
}
