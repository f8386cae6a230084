// GET /exec/{id}/json: what is known of one exec.
import type { ExecInspect } from '../../types/exec.ts';
import type { Exec } from './exec.ts';

export function inspectExec(exec: Exec): ExecInspect {
  const { id, container, config, pid, exitCode, running } = exec;
  const [entrypoint, ...args] = config.command;
  return {
    ID: id,
    Running: running,
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: config.tty,
      entrypoint,
      arguments: args,
      privileged: config.privileged,
      ...(config.user === '' ? {} : { user: config.user }),
    },
    OpenStdin: config.attachStdin,
    OpenStderr: config.attachStderr,
    OpenStdout: config.attachStdout,
    CanRemove: false,
    ContainerID: container.id,
    DetachKeys: config.detachKeys.toString('base64'),
    Pid: pid,
  };
}
