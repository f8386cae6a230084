// The OCI runtime as a command line: the words for each verb (runc's own), and what it said when it failed. Pure but for reading
// its log.
import { readFileSync } from 'node:fs';
import { INIT } from '../types/containerd.ts';
import { messageOf } from '../util/errors.ts';

/** Its log in the task's directory; errors are JSON lines there. */
export function logOf(what: string): string {
  return `${what}.log`;
}

/** Before every verb's own words. */
function logged(what: string, words: readonly string[]): readonly string[] {
  return ['--log', logOf(what), '--log-format', 'json', ...words];
}

export function pidFileOf(process: string): string {
  return `${process}.pid`;
}

export function specFileOf(process: string): string {
  return `${process}.json`;
}

/** The shim listens there. */
function consoleWords(process: string, terminal: boolean): readonly string[] {
  return terminal ? ['--console-socket', `${process}.pty`] : [];
}

/** Begins in the bundle's directory. */
export function createWords(id: string, { terminal }: { readonly terminal: boolean }): readonly string[] {
  const made = ['--bundle', '.', '--pid-file', pidFileOf(INIT), ...consoleWords(INIT, terminal)];
  return logged(INIT, ['create', ...made, id]);
}

export function execWords(
  id: string,
  { process, terminal }: { readonly process: string; readonly terminal: boolean },
): readonly string[] {
  const made = ['--detach', '--process', specFileOf(process), '--pid-file', pidFileOf(process)];
  return logged(process, ['exec', ...made, ...consoleWords(process, terminal), id]);
}

/** A verb that needs nothing but the id and a few words. */
export function verbWords(verb: string, id: string, { before = [], after = [] }: VerbOptions = {}): readonly string[] {
  return logged(verb, [verb, ...before, id, ...after]);
}

export interface VerbOptions {
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

/** What it said last; '' when it said nothing. */
export function complaintIn(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return '';
  }
  return complaintOf(text);
}

/** The last error of a log whose lines are JSON or plain words. */
export function complaintOf(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const messages = lines.map(messageIn).filter((message) => message !== undefined);
  return messages.at(-1) ?? '';
}

function messageIn(line: string): string | undefined {
  if (!line.startsWith('{')) return line;
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return level === 'error' && typeof msg === 'string' ? msg : undefined;
  } catch {
    return line;
  }
}

/** Somebody was faster: a command that was asked for by a containerd that is gone, for one. */
export function isGone(error: unknown): boolean {
  return messageOf(error).includes('container does not exist');
}

/**
 * What runc says of a v1 freezer that has not frozen everything in twenty moments of less than a millisecond each, after each of which
 * it thaws it: on a busy machine a process that computes need not have run in any of them, and stops only where it enters the kernel.
 */
export function isUnsettledFreezer(error: unknown): boolean {
  return messageOf(error).includes('unable to freeze');
}
