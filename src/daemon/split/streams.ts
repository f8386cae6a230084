// The streams of the split architecture. A container's are FIFOs by name, so that they are found again: its shim keeps them open
// while the daemon is away. An exec's are pipes of ours, since nobody will ask for them once we are gone.
import { constants } from 'node:fs';
import { join } from 'node:path';
import { ERRNO } from '../../native/errno.ts';
import type { Native } from '../../native/native.ts';
import type { FifoPaths } from '../../runtime/runtime.ts';
import type { Io, IoRequest, TerminalSize } from '../container/io.ts';
import type { IoOpening, StreamMaker } from '../container/open-io.ts';
import { PipeIo, type Streams } from '../container/pipe-io.ts';
import type { ContainerRecord } from '../container/record.ts';
import { RelayedTerminalIo } from './relayed-terminal-io.ts';
import type { TaskDirectories } from './task-directory.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK, S_IFIFO } = constants;
const NONE = '-';

export interface SplitStreamsOptions {
  readonly native: Native;
  readonly directories: TaskDirectories;
}

export class SplitStreams implements StreamMaker {
  readonly #options: SplitStreamsOptions;

  constructor(options: SplitStreamsOptions) {
    this.#options = options;
  }

  async ofContainer(record: ContainerRecord, opening: IoOpening): Promise<Io> {
    const { native, directories } = this.#options;
    const paths = pathsOf(directories.make(record.id, opening.effects), record);
    const made = Object.values(paths).filter((path) => path !== NONE);
    await native.runPlan(
      made.map((path) => ({ op: 'MKNOD', path, mode: S_IFIFO | 0o600, device: 0, tolerate: ERRNO.EEXIST })),
    );
    return ioOf(record, opening, openFifos(native, paths));
  }

  /** Those of a container that has been running: its shim has the other ends. */
  reopen(record: ContainerRecord, opening: IoOpening): Io {
    const { native, directories } = this.#options;
    const io = ioOf(record, opening, openFifos(native, pathsOf(directories.of(record.id), record)));
    return io;
  }

  ofExec({ size, ...request }: IoRequest & { readonly size?: TerminalSize }): Io {
    return size === undefined ? new PipeIo(request) : new RelayedTerminalIo({ ...request, size });
  }
}

function pathsOf(directory: string, { config }: ContainerRecord): FifoPaths {
  return {
    stdin: config.OpenStdin ? join(directory, 'stdin') : NONE,
    stdout: join(directory, 'stdout'),
    stderr: config.Tty ? NONE : join(directory, 'stderr'),
  };
}

function ioOf({ config, hostConfig }: ContainerRecord, opening: IoOpening, streams: Streams): Io {
  const request = { ...opening, openStdin: config.OpenStdin };
  if (!config.Tty) return new PipeIo(request, streams);
  const [rows, columns] = hostConfig.ConsoleSize;
  return new RelayedTerminalIo({ ...request, size: { rows, columns } }, streams);
}

/** All of them, or none. Reading comes first: a FIFO without a reader has no writer either. */
function openFifos(native: Native, paths: FifoPaths): Streams {
  using opened = new DisposableStack();
  const open = (path: string, flags: number): number => {
    const fd = native.open(path === NONE ? '/dev/null' : path, flags);
    opened.defer(() => native.close(fd));
    return fd;
  };
  const ends = (path: string): { read: number; write: number } => {
    const read = open(path, O_RDONLY | O_NONBLOCK);
    return { read, write: open(path, O_WRONLY | O_NONBLOCK) };
  };
  const stdin = ends(paths.stdin);
  const streams = {
    stdin: { read: stdin.read, write: paths.stdin === NONE ? undefined : stdin.write },
    stdout: ends(paths.stdout),
    stderr: ends(paths.stderr),
    paths,
  };
  if (paths.stdin === NONE) native.close(stdin.write);
  opened.move();
  return streams;
}
