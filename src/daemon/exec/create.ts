// docker exec, first half: writes down what is to be run. It starts nothing.
import { randomBytes } from 'node:crypto';
import type { LayerStore } from '../../layer/store.types.ts';
import type { ExecCreateRequest } from '../../types/exec.ts';
import { TskerError } from '../../util/errors.ts';
import type { Container } from '../container/container.ts';
import { parseDetachKeys } from '../container/detach-keys.ts';
import type { ResolveUser } from '../container/launch.ts';
import { nameOf } from '../container/spec/environment.ts';
import type { EventSink } from '../events.ts';
import { requireActive } from './active.ts';
import { emitExecEvent } from './event.ts';
import { Exec, type ExecConfig } from './exec.ts';
import type { ExecStore } from './store.ts';

export interface CreateExecDependencies {
  readonly execs: ExecStore;
  readonly events: EventSink;
  readonly layers: Pick<LayerStore, 'containerLayer'>;
  readonly resolveUser: ResolveUser;
}

/** Throws `conflict` when the container does not run, `invalid` for a user it does not know and other bad values. */
export function createExec(
  { execs, events, layers, resolveUser }: CreateExecDependencies,
  container: Container,
  { reference, request }: { readonly reference: string; readonly request: ExecCreateRequest },
): Exec {
  requireActive(container, reference);
  const config = toConfig(container, request);
  // Now rather than at the start, where the status has been sent.
  if (config.user !== '') {
    resolveUser(layers.containerLayer(container.id).rootfs, config.user, container.record.hostConfig.GroupAdd ?? []);
  }
  return createExecOf({ execs, events }, container, config);
}

/** What has been checked, or is the engine's own. */
export function createExecOf(
  { execs, events }: Pick<CreateExecDependencies, 'execs' | 'events'>,
  container: Container,
  config: ExecConfig,
): Exec {
  const exec = new Exec(randomBytes(32).toString('hex'), container, config);
  execs.add(exec);
  emitExecEvent(events, exec, 'exec_create');
  return exec;
}

function toConfig({ record }: Container, request: ExecCreateRequest): ExecConfig {
  const [program, ...args] = request.Cmd;
  if (program === undefined) throw new TskerError('invalid', 'No exec command specified');
  for (const word of request.Cmd) {
    if (word.includes('\0')) throw new TskerError('invalid', 'a command must not contain a NUL character');
  }
  for (const entry of request.Env ?? []) {
    if (nameOf(entry) === '' || entry.includes('\0')) {
      throw new TskerError('invalid', `invalid environment variable: ${entry}`);
    }
  }
  const [rows, columns] = request.ConsoleSize ?? [0, 0];
  return {
    command: [program, ...args],
    tty: request.Tty ?? false,
    attachStdin: request.AttachStdin ?? false,
    attachStdout: request.AttachStdout ?? false,
    attachStderr: request.AttachStderr ?? false,
    detachKeys: parseKeys(request.DetachKeys),
    env: request.Env ?? [],
    workingDir: checkDirectory(request.WorkingDir || record.config.WorkingDir),
    user: request.User || record.config.User,
    privileged: request.Privileged ?? false,
    size: { rows, columns },
  };
}

function parseKeys(text: string | undefined): Buffer {
  if (text === undefined || text === '') return Buffer.alloc(0);
  try {
    return parseDetachKeys(text);
  } catch (cause) {
    throw new TskerError('invalid', `Invalid escape keys (${text}) provided`, { cause });
  }
}

function checkDirectory(path: string): string {
  if ((path === '' || path.startsWith('/')) && !path.includes('\0')) return path;
  throw new TskerError('invalid', `the working directory '${path}' is invalid, it needs to be an absolute path`);
}
