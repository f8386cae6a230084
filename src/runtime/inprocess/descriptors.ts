// The descriptors of one spawn: what is passed to the helper, in which slot, and what the daemon closes afterwards.
import { SLOT } from '../../native/abi.ts';
import type { Native, Spawned } from '../../native/native.ts';
import { TskerError } from '../../util/errors.ts';
import type { Slots } from '../plan/facts.ts';
import type { StartRequest } from '../runtime.ts';

const STDIO = 3;

export class Descriptors implements Disposable {
  readonly #native: Native;
  /** In the order of SpawnRequest.fds. */
  readonly fds: number[];
  readonly #temporary: number[] = [];

  constructor(native: Native, stdio: readonly [number, number, number]) {
    this.#native = native;
    this.fds = [...stdio];
  }

  /** Passes a descriptor that stays the caller's; returns its slot. */
  pass(fd: number): number {
    this.fds.push(fd);
    return SLOT.first + this.fds.length - STDIO - 1;
  }

  /** Passes a descriptor that is closed in the daemon as soon as the helper has it. */
  give(fd: number): number {
    return this.pass(this.closeLater(fd));
  }

  /** Closes a descriptor with the others. */
  closeLater(fd: number): number {
    this.#temporary.push(fd);
    return fd;
  }

  /** The first slot that nothing was passed in, for the helper's own; call it when everything has been passed. */
  get free(): number {
    return SLOT.first + this.fds.length - STDIO;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#temporary.splice(0)) this.#native.close(fd);
  }
}

/** Passes descriptors for the program, in slots that follow one another. */
export function passToProgram(descriptors: Descriptors, fds: readonly number[] | undefined): Pick<Slots, 'pass'> {
  const [first, ...others] = fds ?? [];
  if (first === undefined) return {};
  const slot = descriptors.pass(first);
  for (const fd of others) descriptors.pass(fd);
  return { pass: { slot, count: others.length + 1 } };
}

export interface TerminalEnd {
  /** Our end of the socket that the master comes through; undefined when it goes to somebody else. */
  readonly socket: number | undefined;
  readonly slot: number;
  readonly rows: number;
  readonly columns: number;
}

export interface PreparedStdio {
  readonly descriptors: Descriptors;
  readonly terminal: TerminalEnd | undefined;
}

/** `nullFd` stands in for 0 to 2 until the terminal is there. */
export function prepareStdio(native: Native, stdio: StartRequest['stdio'], nullFd: number): PreparedStdio {
  if (!('terminal' in stdio)) {
    const { stdin, stdout, stderr } = stdio;
    return { descriptors: new Descriptors(native, [stdin, stdout, stderr]), terminal: undefined };
  }
  const descriptors = new Descriptors(native, [nullFd, nullFd, nullFd]);
  const size = { rows: stdio.rows, columns: stdio.columns };
  if (stdio.socket !== undefined) {
    return { descriptors, terminal: { socket: undefined, slot: descriptors.pass(stdio.socket), ...size } };
  }
  const [socket, theirs] = native.socketpair('stream', { nonblock: true });
  return { descriptors, terminal: { socket, slot: descriptors.give(theirs), ...size } };
}

/** The end of a terminal whose process did not come to be. */
export function dropTerminal(native: Native, terminal: TerminalEnd | undefined): void {
  if (terminal?.socket !== undefined) native.close(terminal.socket);
}

/**
 * Takes the master out of the socket, when the program runs; the socket is closed either way. A process that nobody has the
 * terminal of is killed.
 */
export function takeTerminal(native: Native, process: Spawned, terminal: TerminalEnd | undefined): number | undefined {
  if (terminal?.socket === undefined) return undefined;
  try {
    const master = native.receiveFd(terminal.socket);
    if (master === undefined) throw new TskerError('internal', 'the terminal of the new process did not arrive');
    return master;
  } catch (error) {
    process.signal(9);
    throw error;
  } finally {
    native.close(terminal.socket);
  }
}
