// `exec`: another process in a container. Its failures end the command with 255, so that they are told from the program's own.
import type { Native } from '../native/native.ts';
import { EXPLAIN_ANNOTATION, execFile } from '../runtime/explain/relay.ts';
import { type ExecStarted, execInContainer } from '../runtime/inprocess/exec.ts';
import type { StartWatch } from '../runtime/narration.ts';
import type { ExecRequest } from '../runtime/runtime.ts';
import type { Capabilities, Process } from '../runtime/spec.ts';
import { TskerError } from '../util/errors.ts';
import type { Options } from './arguments.ts';
import { readJson, toProcess } from './bundle.ts';
import { passedFds, writePidFile } from './create.ts';
import { attend } from './foreground.ts';
import { openNative, openRuntime, type Session } from './session.ts';
import { statusOf } from './status.ts';
import type { Container } from './store.ts';
import type { Invocation } from './table.ts';

export async function exec({ session, options, words }: Invocation): Promise<number> {
  const [id = '', ...args] = words;
  const { store } = session;
  const container = store.read(id);
  checkStatus(statusOf(container, store), options);
  const process = processOf(container, options, args);
  const native = openNative(session);
  const act = (watch?: StartWatch) => execute(session, { container, process, options, watch });
  const started = await explained(process, options, act);
  const pidFile = options.text('pid-file');
  if (pidFile !== undefined) writePidFile(pidFile, started.process.pid);
  if (options.has('detach')) return 0;
  return attend({ native, process: started.process, terminal: started.terminal });
}

/** By an engine that asks for it in the process it gives. */
async function explained(
  process: Process,
  options: Options,
  act: (watch?: StartWatch) => Promise<ExecStarted>,
): Promise<ExecStarted> {
  const begin: unknown = Reflect.get(process, EXPLAIN_ANNOTATION);
  const file = options.text('process');
  if (begin === undefined || file === undefined) return act();
  const { explainVerb } = await import('./explain.ts');
  return explainVerb({ verb: 'exec', file: execFile(file), begin }, act);
}

function execute(
  session: Session,
  {
    container,
    process,
    options,
    watch,
  }: { container: Container; process: Process; options: Options; watch: StartWatch | undefined },
): Promise<ExecStarted> {
  const native = openNative(session);
  return execInContainer(openRuntime(session, native, container.rootfs), {
    id: container.id,
    container: {
      spec: container.spec,
      rootfs: { type: 'bind', source: container.rootfs, options: [] },
      cgroups: container.cgroups,
      process: { pid: container.pid, pidfd: native.pidfdOpen(container.pid) },
    },
    request: {
      ...{ process, stdio: stdioFor(process, options, native), passFds: passedFds(options) },
      ...(watch === undefined ? {} : { watch }),
    },
  });
}

function checkStatus(status: string, options: Options): void {
  if (options.text('cgroup') !== undefined) {
    throw new TskerError('unsupported', '--cgroup is not supported: a process joins the cgroup of its container');
  }
  if (status === 'stopped') throw new TskerError('conflict', 'cannot exec in a stopped container');
  if (status === 'creating') throw new TskerError('conflict', 'cannot exec in a container that is being created');
  if (status === 'paused' && !options.has('ignore-paused')) {
    throw new TskerError('conflict', 'cannot exec in a paused container (use --ignore-paused to override)');
  }
}

function stdioFor(process: Process, options: Options, native: Native): ExecRequest['stdio'] {
  const socket = options.text('console-socket');
  const detach = options.has('detach');
  if (process.terminal !== true) {
    if (socket === undefined) return { stdin: 0, stdout: 1, stderr: 2 };
    throw new TskerError('invalid', 'cannot use console socket if runc will not detach or allocate tty');
  }
  if (detach && socket === undefined) {
    throw new TskerError('invalid', 'cannot allocate tty if runc will detach without setting console socket');
  }
  const { height: rows = 0, width: columns = 0 } = process.consoleSize ?? {};
  return { terminal: true, rows, columns, ...(socket === undefined ? {} : { socket: native.connect(socket) }) };
}

/** --process has all of it; otherwise it is the container's own with what the options change. */
function processOf({ spec }: Container, options: Options, args: readonly string[]): Process {
  const file = options.text('process');
  if (file !== undefined) return toProcess(readJson(file, `open ${file}: no such file or directory`));
  if (args.length === 0) throw new TskerError('invalid', 'process args cannot be empty');
  const base = spec.process;
  const user = options.text('user');
  const cwd = options.text('cwd') ?? base.cwd;
  if (!cwd.startsWith('/')) throw new TskerError('invalid', 'Cwd must be an absolute path');
  const groups = options.list('additional-gids').map((text) => numericId(text, 'additional gid'));
  const withUser = user === undefined ? base.user : { ...base.user, ...parseUser(user) };
  const apparmorProfile = options.text('apparmor') ?? base.apparmorProfile;
  const selinuxLabel = options.text('process-label') ?? base.selinuxLabel;
  return {
    ...base,
    args,
    cwd,
    terminal: options.has('tty'),
    env: [...base.env, ...options.list('env')],
    user: { ...withUser, additionalGids: [...(withUser.additionalGids ?? []), ...groups] },
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(selinuxLabel === undefined ? {} : { selinuxLabel }),
    ...(options.has('no-new-privs') ? { noNewPrivileges: true } : {}),
    ...withCapabilities(base.capabilities, options.list('cap')),
  };
}

function withCapabilities(own: Capabilities = {}, added: readonly string[]): { capabilities: Capabilities } {
  const plus = (names: readonly string[] = []): readonly string[] => [...names, ...added];
  return {
    capabilities: {
      ...own,
      bounding: plus(own.bounding),
      effective: plus(own.effective),
      permitted: plus(own.permitted),
    },
  };
}

/** `uid[:gid]`, in numbers: names are the engine's business. */
function parseUser(text: string): { uid: number; gid?: number } {
  const [uid = '', gid] = text.split(':');
  return {
    uid: numericId(uid, 'uid'),
    ...(gid === undefined ? {} : { gid: numericId(gid, 'gid') }),
  };
}

function numericId(text: string, what: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(id < 2 ** 32 - 1)) throw new TskerError('invalid', `parsing ${text} as int for ${what} failed: invalid syntax`);
  return id;
}
