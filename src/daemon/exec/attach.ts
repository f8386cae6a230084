// docker exec in the foreground: the program's streams are the client's connection. The client reads what went wrong there,
// too, for its status has been sent.
import type { Duplex } from 'node:stream';
import type { ExecAttaching, ExecStartOptions } from '../../api/exec/backend.ts';
import type { Recorder } from '../../runtime/explain/recorder.ts';
import { during } from '../../runtime/narration.ts';
import type { ContainerProcess } from '../../runtime/runtime.ts';
import { messageOf } from '../../util/errors.ts';
import type { Logger } from '../../util/log.ts';
import {
  forwardInput,
  hangUp,
  headRead,
  type Output,
  type OutputNative,
  outputTo,
} from '../container/client-connection.ts';
import { parseDetachKeys } from '../container/detach-keys.ts';
import type { Io, IoNative } from '../container/io.ts';
import type { StreamMaker } from '../container/open-io.ts';
import { explainExec } from '../explain/exec.ts';
import { STEPS } from '../explain/steps.ts';
import { requireActive } from './active.ts';
import { emitExecEvent } from './event.ts';
import type { Exec } from './exec.ts';
import { type LaunchDependencies, launchExec } from './launch.ts';

export interface AttachExecDependencies extends LaunchDependencies {
  readonly native: IoNative & OutputNative;
  readonly streams: Pick<StreamMaker, 'ofExec'>;
  readonly log: Logger;
}

/** Throws `conflict` when it was started before or its container takes no execs. From here on it is this client's. */
export function attachExec(dependencies: AttachExecDependencies, exec: Exec, options: ExecStartOptions): ExecAttaching {
  requireActive(exec.container);
  exec.claim();
  return {
    async connect(connection, { upgraded }) {
      if (upgraded) await headRead(dependencies.native, connection);
      await runAttached(dependencies, exec, { options, connection });
    },
  };
}

interface Client {
  readonly options: ExecStartOptions;
  readonly connection: Duplex;
}

async function runAttached(dependencies: AttachExecDependencies, exec: Exec, client: Client): Promise<void> {
  const { connection, options } = client;
  let started: Started;
  try {
    started = await explainExec(exec, options.asked, (recorder) => start(dependencies, exec, { client, recorder }));
  } catch (error) {
    dependencies.log.debug('an exec could not be started', { exec: exec.id, error: messageOf(error) });
    connection.write(failureText(error, options));
    hangUp(connection);
    return;
  }
  const { process, io, output } = started;
  connectInput(dependencies, exec, { io, client });
  await process.exited;
  io.exited();
  await io.drain();
  await output?.passedOn;
  hangUp(connection);
}

interface Started {
  readonly process: ContainerProcess;
  readonly io: Io;
  readonly output: Output | undefined;
}

async function start(
  dependencies: AttachExecDependencies,
  exec: Exec,
  { client, recorder }: { readonly client: Client; readonly recorder: Recorder | undefined },
): Promise<Started> {
  const size = client.options.size ?? exec.config.size;
  const io = during(recorder, STEPS.execStreams, () => openIo(dependencies, exec, size));
  const output = connectOutput(dependencies, exec, { io, client });
  try {
    const process = await launchExec(dependencies, exec, { stdio: io.stdio, size, io, recorder });
    return { process, io, output };
  } catch (error) {
    io.abandon();
    throw error;
  }
}

function openIo({ native, streams }: AttachExecDependencies, { config }: Exec, size: Exec['config']['size']): Io {
  const request = { native, sinks: [], openStdin: config.attachStdin };
  return streams.ofExec(config.tty ? { ...request, size } : request);
}

interface Joined {
  readonly io: Io;
  readonly client: Client;
}

function connectOutput(
  { native }: AttachExecDependencies,
  { config }: Exec,
  { io, client }: Joined,
): Output | undefined {
  // A client that has gone already keeps nothing from running.
  const { attachStdout: stdout, attachStderr: stderr } = config;
  if (!(stdout || stderr)) return undefined;
  const output = outputTo(native, client.connection);
  if (output !== undefined) io.tee(output.fd, { stdout, stderr, mux: !client.options.tty });
  return output;
}

function connectInput({ events }: AttachExecDependencies, exec: Exec, { io, client }: Joined): void {
  const { tty, attachStdin, detachKeys } = exec.config;
  forwardInput(io, {
    connection: client.connection,
    wanted: attachStdin,
    tty,
    closeAtEnd: !tty,
    keys: detachKeys.length === 0 ? parseDetachKeys() : detachKeys,
    onDetach: () => {
      emitExecEvent(events, exec, 'exec_detach');
      hangUp(client.connection);
    },
  });
}

const STDOUT = 1;
const HEADER = 8;

/** In the form that the client expects of output. */
function failureText(error: unknown, { tty }: ExecStartOptions): Buffer {
  const text = Buffer.from(`${messageOf(error)}\r\n`);
  if (tty) return text;
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(STDOUT, 0);
  header.writeUInt32BE(text.length, 4);
  return Buffer.concat([header, text]);
}
