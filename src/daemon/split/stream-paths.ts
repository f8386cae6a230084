// How a shim finds the streams of a process: a container's by the names of its FIFOs, anything else by our own descriptors, which
// /proc shows to root: opening a pipe there is another descriptor of the same pipe.
import type { StartRequest } from '../../runtime/runtime.ts';
import type { StreamPaths } from '../../types/containerd.ts';

export function streamPaths(stdio: StartRequest['stdio']): StreamPaths {
  const path = (fd: number | undefined): string => (fd === undefined ? '-' : `/proc/${process.pid}/fd/${fd}`);
  if ('terminal' in stdio) {
    const { stdin, stdout } = stdio;
    return {
      terminal: true,
      stdin: stdio.paths?.stdin ?? path(stdin),
      stdout: stdio.paths?.stdout ?? path(stdout),
      stderr: '-',
    };
  }
  if (stdio.paths !== undefined) return { terminal: false, ...stdio.paths };
  const { stdin, stdout, stderr } = stdio;
  return { terminal: false, stdin: path(stdin), stdout: path(stdout), stderr: path(stderr) };
}
