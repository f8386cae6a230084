// Background programs of a test: started on a leash (they die with the test runner, even when it is killed), ended by pid.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { waitFor } from './wait.ts';

export interface Background {
  readonly pid: number;
  /** Where its stdout and stderr go. */
  readonly log: string;
  /** Undefined while it runs; the exit code or 128 + signal afterwards. */
  exitCode(): number | undefined;
  /** SIGTERM, and SIGKILL when that took more than `grace` milliseconds. */
  stop(grace?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  output(): string;
}

export interface BackgroundOptions {
  readonly log: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Run it in a new network namespace with only a loopback interface. */
  readonly ownNetwork?: boolean;
}

/** Starts a program that outlives the call but not the test runner. */
export function startBackground(argv: readonly string[], options: BackgroundOptions): Background {
  const leashed = ['setpriv', '--pdeathsig', 'TERM', ...argv];
  const command = options.ownNetwork === true ? inOwnNetwork(leashed) : leashed;
  const fd = openSync(options.log, 'a');
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: options.env ?? process.env,
    stdio: ['ignore', fd, fd],
  });
  closeSync(fd);
  // A program that a failed test forgot must not keep the runner from its end, which ends the program too.
  child.unref();
  if (child.pid === undefined) throw new Error(`cannot start ${argv.join(' ')}`);
  return background(child, child.pid, options.log);
}

function inOwnNetwork(argv: readonly string[]): string[] {
  return ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...argv];
}

function background(child: ChildProcess, pid: number, log: string): Background {
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    log,
    exitCode: () => (ended() ? (child.exitCode ?? 128) : undefined),
    signal: (signal) => void child.kill(signal),
    output: () => readFileSync(log, 'utf8'),
    async stop(grace = 15_000) {
      if (ended()) return;
      child.kill('SIGTERM');
      await waitFor(`the end of process ${pid}`, ended, { timeout: grace }).catch(() => child.kill('SIGKILL'));
      await waitFor(`the end of process ${pid} after SIGKILL`, ended);
    },
  };
}
