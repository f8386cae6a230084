// podman beside the engines: no daemon, a storage and a run directory of its own below the benchmark's.
import { join } from 'node:path';
import { type RunResult, run } from '../../test/helpers/run.ts';

export interface Podman {
  run(argv: readonly string[]): Promise<RunResult>;
  /** Throws with its output when it fails. */
  ok(argv: readonly string[]): Promise<void>;
}

export function podmanAt(work: string): Podman {
  const storage = [
    '--root',
    join(work, 'podman'),
    '--runroot',
    join(work, 'podman-run'),
    '--storage-driver',
    'overlay',
  ];
  const podman = (argv: readonly string[]): Promise<RunResult> => run(['podman', ...storage, ...argv]);
  return {
    run: podman,
    async ok(argv) {
      const { code, stderr } = await podman(argv);
      if (code !== 0) throw new Error(`podman ${argv.join(' ')} exited with ${code}: ${stderr}`);
    },
  };
}
