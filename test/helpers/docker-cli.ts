// The docker command line clients found on the machine, pointed at any engine's socket.
import { existsSync } from 'node:fs';
import type { Owner } from './owner.ts';
import { type RunOptions, type RunResult, run } from './run.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** `new`: a current CLI, when one is installed beside Debian's; `old`: Debian's docker.io 20.10. */
export const DOCKER_CLIS = { new: '/usr/local/bin/docker', old: '/usr/bin/docker' } as const;

export type DockerCliName = keyof typeof DOCKER_CLIS;

export interface DockerCli {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Has to succeed; stdout without the last newline. */
  ok(args: readonly string[], options?: RunOptions): Promise<string>;
  terminal(owner: Owner, args: readonly string[], options?: TerminalOptions): Terminal;
}

/** The clients that exist here, the newest first; TSKER_TEST_DOCKER_CLI=old tests as on a machine that has only Debian's. */
export function dockerClis(): DockerCliName[] {
  const only = process.env['TSKER_TEST_DOCKER_CLI'];
  return (['new', 'old'] as const).filter((name) => (only ?? name) === name && existsSync(DOCKER_CLIS[name]));
}

/** `home` becomes $HOME and DOCKER_CONFIG, so that the tester's own settings play no part. */
export function dockerCli(socket: string, home: string, name?: DockerCliName): DockerCli {
  return engineCli([DOCKER_CLIS[name ?? dockerClis()[0] ?? 'old']], {
    ...process.env,
    HOME: home,
    DOCKER_CONFIG: home,
    DOCKER_HOST: `unix://${socket}`,
    // A context would win over DOCKER_HOST's absence only; unset it all the same.
    DOCKER_CONTEXT: undefined,
  });
}

/** Any command line that finds its engine by the environment. */
export function engineCli(command: readonly string[], env: NodeJS.ProcessEnv): DockerCli {
  const runIt = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    run([...command, ...args], { ...options, env: { ...env, ...options.env } });
  return {
    path: command.join(' '),
    env,
    run: runIt,
    async ok(args, options) {
      const result = await runIt(args, options);
      if (result.code === 0) return result.stdout.replace(/\n$/, '');
      throw new Error(
        `${[...command, ...args].join(' ')} exited with ${result.code}\n${result.stdout}\n${result.stderr}`,
      );
    },
    terminal: (owner, args, options = {}) =>
      openTerminal(owner, [...command, ...args], { ...options, env: { ...env, ...options.env } }),
  };
}
