// The process of an exec, from that of its container: the same limits and confinement, another command, user, environment
// and terminal (moby daemon/exec_linux.go). Pure.
import { processCapabilities } from '../../runtime/default-spec.ts';
import type { Process } from '../../runtime/spec.ts';
import type { ResolvedUser } from '../../runtime/users.ts';
import type { ContainerConfig } from '../../types/container-config.ts';
import { buildEnvironment, mergeEnvironment, nameOf } from '../container/spec/environment.ts';
import type { ExecConfig } from './exec.ts';

export interface ExecProcessRequest {
  /** Of the container's own program. */
  readonly base: Process;
  readonly container: Pick<ContainerConfig, 'Hostname' | 'Env'>;
  readonly config: ExecConfig;
  readonly user: Pick<ResolvedUser, 'uid' | 'gid' | 'additionalGids'>;
  readonly size: { readonly rows: number; readonly columns: number };
  /** Every capability the kernel knows, for --privileged. */
  readonly allCapabilities: readonly string[];
}

export function execProcess({ base, container, config, user, size, allCapabilities }: ExecProcessRequest): Process {
  const { consoleSize: _, apparmorProfile, ...rest } = base;
  const known = [...linkVariables(base, container), ...(container.Env ?? [])];
  const environment = buildEnvironment({ Hostname: container.Hostname, Env: known, Tty: config.tty });
  // root gets what the container's root may have, also where the container's own program is another user's.
  const bounding = config.privileged ? allCapabilities : (base.capabilities?.bounding ?? []);
  return {
    ...rest,
    terminal: config.tty,
    ...(config.tty ? { consoleSize: { height: size.rows, width: size.columns } } : {}),
    user: { ...(base.user.umask === undefined ? {} : { umask: base.user.umask }), ...pickIds(user) },
    args: config.command,
    env: mergeEnvironment(environment, config.env),
    cwd: config.workingDir === '' ? '/' : config.workingDir,
    capabilities: processCapabilities(user.uid, bounding),
    ...(apparmorProfile === undefined || config.privileged ? {} : { apparmorProfile }),
  };
}

/** What --link gave the container's own program: all that is neither the engine's own nor of the configuration. */
function linkVariables(base: Process, { Env }: ExecProcessRequest['container']): string[] {
  const others = new Set(['PATH', 'HOSTNAME', 'TERM', ...(Env ?? []).map(nameOf)]);
  return (base.env ?? []).filter((entry) => !others.has(nameOf(entry)));
}

function pickIds({ uid, gid, additionalGids }: ExecProcessRequest['user']) {
  return { uid, gid, additionalGids };
}
