// Starts a shim: a session of its own in the task's directory, with one end of a connection as its descriptor 0. It is not told when
// we end, and outlives us.
import { Socket } from 'node:net';
import type { Native } from '../native/native.ts';

export interface StartedShim {
  readonly pid: number;
  readonly socket: Socket;
}

export type StartShim = (id: string, directory: string) => StartedShim;

export interface ShimOptions {
  readonly native: Pick<Native, 'spawn' | 'socketpair' | 'close'>;
  /** The executable's path. */
  readonly shim: string;
  /** Its words before the verb. */
  readonly runtime: readonly string[];
  /** /dev/null. */
  readonly nullFd: number;
}

export function shimStarter({ native, shim, runtime, nullFd }: ShimOptions): StartShim {
  const envp = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${value}`],
  );
  return (id, directory) => {
    const [ours, theirs] = native.socketpair('stream', { nonblock: true });
    try {
      const { pid } = native.spawn({
        cloneFlags: 0,
        fds: [theirs, nullFd, nullFd],
        plan: [
          { op: 'SETSID' },
          { op: 'CHDIR', path: directory },
          { op: 'EXEC', argv: [shim, '-id', id, '--', ...runtime], envp, flags: 0 },
        ],
      });
      return { pid, socket: new Socket({ fd: ours, readable: true, writable: true }) };
    } catch (error) {
      native.close(ours);
      throw error;
    } finally {
      native.close(theirs);
    }
  };
}
