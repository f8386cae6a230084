// The runtime of the split architecture for the runtime's integration tests: a containerd of their own, with the OCI runtime that the
// split daemons of other tests have. No daemon.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Containerd } from '../../src/daemon/split/containerd.ts';
import { SplitRuntime } from '../../src/daemon/split/runtime.ts';
import { runtimeCommand } from '../../src/daemon/split/runtime-command.ts';
import { socketIn } from '../../src/daemon/split/supervisor.ts';
import { TaskDirectories } from '../../src/daemon/split/task-directory.ts';
import { findNativeParts } from '../../src/native/load.ts';
import type { Native } from '../../src/native/native.ts';
import type { HostRuntime } from '../../src/runtime/host-runtime.ts';
import { createLogger } from '../../src/util/log.ts';
import { testRuntime, tskerCommand } from '../helpers/daemon.ts';
import type { Owner } from '../helpers/owner.ts';
import { startBackground } from '../helpers/process.ts';

export interface SplitRuntimeRequest {
  readonly native: Native;
  readonly directory: string;
  /** What is known of the host and of images. */
  readonly local: HostRuntime;
  readonly warn: (message: string) => void;
}

/** Ends with its owner, after all that was started later. */
export function startSplitRuntime(owner: Owner, { native, directory, local, warn }: SplitRuntimeRequest): HostRuntime {
  const state = join(directory, 'containerd');
  mkdirSync(state, { mode: 0o711 });
  const name = testRuntime();
  const runtime = name === 'tsker' ? [...tskerCommand(), 'runc'] : runtimeCommand(name);
  const program = startBackground([...tskerCommand(), 'containerd', '--state', state, '--', ...runtime], {
    log: join(directory, 'containerd.log'),
  });
  owner.teardown(() => program.stop());
  const log = createLogger('warn', (line) => warn(line));
  const containerd = new Containerd(socketIn(state), log);
  owner.teardown(() => containerd.close());
  const init = name === 'tsker' ? undefined : findNativeParts([]).shim;
  return new SplitRuntime({ native, containerd, directories: new TaskDirectories(state), local, init, log });
}
