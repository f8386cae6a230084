// `create`: a container up to the moment before its program. Its first process is ours until we end; then the shim or monitor
// that started us, a subreaper, has it. It waits for a byte in a fifo of its directory, which `start` writes.
import { openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { O_RDWR, S_IFIFO } from '../native/linux.ts';
import type { Native, Spawned } from '../native/native.ts';
import { detectCgroupLayout } from '../runtime/cgroup/layout.ts';
import { containerCgroups } from '../runtime/cgroup/paths.ts';
import { CREATE_FILE, EXPLAIN_ANNOTATION } from '../runtime/explain/relay.ts';
import { prepareFilter } from '../runtime/inprocess/context.ts';
import { startContainer } from '../runtime/inprocess/start.ts';
import type { StartWatch } from '../runtime/narration.ts';
import type { ContainerProcess, StartRequest } from '../runtime/runtime.ts';
import { TskerError, withCleanupFailure } from '../util/errors.ts';
import type { Options } from './arguments.ts';
import { type Bundle, readBundle } from './bundle.ts';
import { runHooks } from './hooks.ts';
import { openNative, openRuntime, type Session } from './session.ts';
import { GATE, readProcess } from './status.ts';
import type { Container } from './store.ts';
import type { Invocation } from './table.ts';
import { undo } from './undo.ts';

export async function create({ session, options, words }: Invocation): Promise<number> {
  const [id = ''] = words;
  const bundle = readBundle(options.text('bundle') ?? '.');
  const console = consoleSocket(bundle, options);
  const request = { id, bundle, options, stdio: stdioOf(bundle, console) };
  const create = (watch?: StartWatch) =>
    createContainer(session, openNative(session), { ...request, ...(watch === undefined ? {} : { watch }) });
  const begin = bundle.spec.annotations?.[EXPLAIN_ANNOTATION];
  if (begin === undefined) {
    await create();
    return 0;
  }
  const { explainVerb } = await import('./explain.ts');
  await explainVerb({ verb: 'create', file: join(bundle.path, CREATE_FILE), begin }, create);
  return 0;
}

export interface CreateRequest {
  readonly id: string;
  readonly bundle: Bundle;
  readonly options: Options;
  /** A terminal without a socket: the caller gets the master. */
  readonly stdio: (native: Native) => StartRequest['stdio'];
  /** Of one that is to be explained. */
  readonly watch?: StartWatch;
}

/** A terminal of a container that nobody stays with goes to whoever listens for it. */
export function consoleSocket({ spec }: Bundle, options: Options): string | undefined {
  const path = options.text('console-socket');
  const terminal = spec.process.terminal === true;
  if (terminal && path === undefined) {
    throw new TskerError('invalid', 'cannot allocate tty if runc will detach without setting console socket');
  }
  if (!terminal && path !== undefined) {
    throw new TskerError('invalid', 'cannot use console socket if runc will not detach or allocate tty');
  }
  return path;
}

/** Ours, as we were given them, or a terminal. */
export function stdioOf({ spec }: Bundle, socket: string | undefined): CreateRequest['stdio'] {
  if (spec.process.terminal !== true) return () => ({ stdin: 0, stdout: 1, stderr: 2 });
  const { height: rows = 0, width: columns = 0 } = spec.process.consoleSize ?? {};
  return (native) => ({
    terminal: true,
    rows,
    columns,
    ...(socket === undefined ? {} : { socket: native.connect(socket) }),
  });
}

export interface Created {
  readonly container: Container;
  readonly process: Pick<ContainerProcess, 'pid' | 'terminal' | 'exited' | 'signal'> & Pick<Spawned, 'started'>;
}

export async function createContainer(session: Session, native: Native, request: CreateRequest): Promise<Created> {
  const { store } = session;
  const { id, bundle } = request;
  store.claim(id);
  const container: Container = {
    id,
    bundle: bundle.path,
    rootfs: bundle.rootfs,
    created: new Date().toISOString(),
    pid: 0,
    startTime: '',
    cgroups: containerCgroups(detectCgroupLayout(), bundle.spec.linux.cgroupsPath, id),
    spec: bundle.spec,
    hooks: bundle.hooks,
  };
  try {
    // Before anything is made: a command that is killed leaves what `delete --force` needs.
    store.write(container);
    return await start(session, native, { request, container });
  } catch (error) {
    try {
      await undo(native, container);
      store.remove(id);
    } catch (cleanup) {
      throw withCleanupFailure(error, cleanup);
    }
    throw error;
  }
}

async function start(
  session: Session,
  native: Native,
  { request, container }: { request: CreateRequest; container: Container },
): Promise<Created> {
  const { store } = session;
  const { id, bundle, rootfs } = container;
  const { options, watch } = request;
  const gate = store.path(id, GATE);
  await native.runPlan([{ op: 'MKNOD', path: gate, mode: S_IFIFO | 0o600, device: 0 }]);
  // Mounts with a relative source and hooks are the bundle's.
  process.chdir(bundle);
  const onBuilt = hooksOnBuilt(session, native, container);
  const context = openRuntime(session, native, rootfs);
  await prepareFilter(context, container.spec);
  const started = await startContainer(context, {
    id,
    spec: container.spec,
    rootfs: { type: 'bind', source: rootfs, options: [] },
    stdio: request.stdio(native),
    passFds: passedFds(options),
    // For writing as well: the container never sees the end of it.
    hold: { gate: openSync(gate, O_RDWR), ...(onBuilt === undefined ? {} : { onBuilt }) },
    effects: { record: () => undefined },
    ...(watch === undefined ? {} : { watch }),
  });
  const { pid, exited, started: executed } = started.container.process;
  const settled = { ...container, pid, startTime: readProcess(pid)?.startTime ?? '' };
  store.write(settled);
  const pidFile = options.text('pid-file');
  if (pidFile !== undefined) writePidFile(pidFile, pid);
  const signal = (number: number): boolean => started.container.process.signal(number);
  return { container: settled, process: { pid, exited, started: executed, signal, terminal: started.terminal } };
}

function hooksOnBuilt(
  { store }: Session,
  native: Native,
  container: Container,
): ((pid: number) => Promise<void>) | undefined {
  const { hooks, rootfs } = container;
  if (!hooks.prestart && !hooks.createRuntime && !hooks.createContainer) return undefined;
  return async (pid) => {
    const run = { native, store, container: { ...container, pid }, status: 'creating' };
    await runHooks('prestart', run);
    await runHooks('createRuntime', run);
    await runHooks('createContainer', { ...run, inside: rootfs });
  };
}

const FIRST_PASSED = 3;

/** --preserve-fds, after those that systemd's protocol (sd_listen_fds(3)) passes. */
export function passedFds(options: Options): number[] {
  const listening = Number(process.env['LISTEN_FDS'] ?? 0) || 0;
  const count = listening + (options.number('preserve-fds') ?? 0);
  return Array.from({ length: count }, (_, index) => FIRST_PASSED + index);
}

/** Whole or not at all: a monitor may be waiting for it. In a directory that is not root's alone a link may lie in wait there. */
export function writePidFile(path: string, pid: number): void {
  const temporary = join(dirname(path), `.${basename(path)}`);
  rmSync(temporary, { force: true });
  writeFileSync(temporary, String(pid), { mode: 0o666, flag: 'wx' });
  renameSync(temporary, path);
}
