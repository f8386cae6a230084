// Hooks of the OCI specification: programs of the host that are told a container's state on their standard input, at fixed points
// of its life. Run one after the other; the first that fails ends the row.
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { O_RDONLY } from '../native/linux.ts';
import { type Native, PlanError } from '../native/native.ts';
import type { Op } from '../native/ops.ts';
import { execNamespaceFlags } from '../runtime/plan/namespaces.ts';
import { errnoText } from '../runtime/reasons.ts';
import type { Spec } from '../runtime/spec.ts';
import { TskerError } from '../util/errors.ts';
import type { Hook, HookPoint } from './bundle.ts';
import type { Container, Store } from './store.ts';

const SIGKILL = 9;

export interface HookRun {
  readonly native: Native;
  readonly store: Store;
  readonly container: Container;
  readonly status: string;
  /** Run it in the namespaces of the container's first process, and in this directory there. */
  readonly inside?: string;
}

/** Throws with the output of the one that failed. */
export async function runHooks(point: HookPoint, run: HookRun): Promise<void> {
  const hooks = run.container.hooks[point] ?? [];
  for (const [index, hook] of hooks.entries()) {
    await runHook(hook, run).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      const when = point === 'poststart' || point === 'poststop' ? '' : 'error during container init: ';
      throw new TskerError('internal', `${when}error running hook #${index}: ${reason}`, { cause: error });
    });
  }
}

/** runtime-spec runtime.md, "State". */
function stateOf({ id, pid, bundle, spec }: Container, status: string): string {
  const { ociVersion, annotations } = spec;
  return JSON.stringify({ ociVersion, id, status, ...(pid === 0 ? {} : { pid }), bundle, annotations });
}

async function runHook(hook: Hook, run: HookRun): Promise<void> {
  const { store, container } = run;
  const input = store.path(container.id, 'hook.in');
  const output = store.path(container.id, 'hook.out');
  writeFileSync(input, stateOf(container, run.status), { mode: 0o600 });
  const fds = [openSync(input, 'r'), openSync(output, 'w', 0o600)] as const;
  try {
    await runProgram(hook, run, fds);
  } catch (error) {
    if (!(error instanceof TskerError)) throw error;
    const text = readFileSync(output, 'utf8').trim();
    throw new TskerError('internal', text === '' ? error.message : `${error.message}, output: ${text}`, {
      cause: error,
    });
  } finally {
    for (const fd of fds) closeSync(fd);
    rmSync(input, { force: true });
    rmSync(output, { force: true });
  }
}

async function runProgram(hook: Hook, run: HookRun, [input, output]: readonly [number, number]): Promise<void> {
  const { native, container, inside } = run;
  const opened: number[] = [];
  const open = (fd: number): number => {
    opened.push(fd);
    return fd;
  };
  try {
    const pidfd = inside === undefined ? undefined : open(native.pidfdOpen(container.pid));
    const process = native.spawn({
      cloneFlags: 0,
      fds: [input, output, output, ...(pidfd === undefined ? [] : [pidfd])],
      plan: hookPlan(hook, container, inside),
      ...(pidfd === undefined || !hasOwn(container.spec, 'pid')
        ? {}
        : { pidnsFd: open(native.open(`/proc/${container.pid}/ns/pid`, O_RDONLY)) }),
    });
    const timer =
      hook.timeout === undefined ? undefined : setTimeout(() => process.signal(SIGKILL), hook.timeout * 1000);
    const { code, signal } = await process.exited;
    clearTimeout(timer);
    await process.started.catch((error: unknown) => {
      const reason = error instanceof PlanError ? errnoText(error.errno) : String(error);
      throw new TskerError('internal', `fork/exec ${hook.path}: ${reason}`, { cause: error });
    });
    if (signal !== undefined) throw new TskerError('internal', `error running hook: signal ${signal}`);
    if (code !== 0) throw new TskerError('internal', `error running hook: exit status ${code}`);
  } finally {
    for (const fd of opened) native.close(fd);
  }
}

/** Slot of the pidfd: the first that is passed. */
const PIDFD_SLOT = 5;

function hookPlan({ path, args, env }: Hook, { bundle, spec }: Container, inside: string | undefined): Op[] {
  const flags = inside === undefined ? 0 : execNamespaceFlags(spec);
  const argv = args === undefined || args.length === 0 ? [path] : args;
  return [
    ...(flags === 0 ? [] : [{ op: 'SETNS', slot: PIDFD_SLOT, flags } as const]),
    { op: 'CHDIR', path: inside ?? bundle },
    { op: 'PROGRAM', path },
    { op: 'EXEC', argv, envp: env ?? inheritedEnvironment(), flags: 0 },
  ];
}

/** As runc: a hook that names no environment has ours. */
function inheritedEnvironment(): string[] {
  return Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ''}`);
}

function hasOwn({ linux }: Spec, wanted: string): boolean {
  return linux.namespaces.some(({ type }) => type === wanted);
}
