// tsker and the reference engine side by side, each with the image `busybox`, for scenarios that are the same for both.
import { join } from 'node:path';
import { dockerArchive } from './archive.ts';
import { busyboxImage } from './busybox.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import type { DockerCli } from './docker-cli.ts';
import { call } from './http.ts';
import type { Image } from './image.ts';
import type { Owner } from './owner.ts';
import { startDocker } from './reference-docker.ts';
import { type RunOptions, type RunResult, run } from './run.ts';
import { tempdir } from './tempdir.ts';

export interface ClientEngine {
  readonly name: 'tsker' | 'docker';
  readonly socket: string;
  /** Debian's docker command line. */
  readonly cli: DockerCli;
  /** Runs a client where the engine's published ports are reached, told of the engine by DOCKER_HOST, in a home of its own. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
}

export interface TwoEngines {
  readonly tsker: ClientEngine & { readonly daemon: Daemon };
  readonly docker: ClientEngine;
}

export async function startTwoEngines(owner: Owner): Promise<TwoEngines> {
  const home = tempdir(owner, 'home');
  const daemon = await startDaemon(owner, { networkSize: 27 });
  const reference = await startDocker(owner);
  const image = await busyboxImage();
  for (const { socket } of [daemon, reference]) await loadImage(socket, image, 'busybox:latest');
  const engine = (
    name: 'tsker' | 'docker',
    parts: { socket: string; cli: DockerCli; enter: readonly string[] },
  ): ClientEngine => ({
    ...{ name, socket: parts.socket, cli: parts.cli },
    run: (argv, options = {}) =>
      run([...parts.enter, ...argv], { ...options, env: { ...clientEnvironment(home, parts.socket), ...options.env } }),
  });
  return {
    tsker: { ...engine('tsker', { socket: daemon.socket, cli: daemon.docker('old'), enter: [] }), daemon },
    docker: engine('docker', reference),
  };
}

export async function loadImage(socket: string, image: Image, tag: string): Promise<void> {
  const body = dockerArchive(image, [tag]);
  const answer = await call({ target: socket, method: 'POST', path: '/images/load', body });
  if (answer.status !== 200 || /"error"/.test(answer.text)) throw new Error(`load: ${answer.status} ${answer.text}`);
}

function clientEnvironment(home: string, socket: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOME: home,
    DOCKER_CONFIG: join(home, '.docker'),
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONTEXT: undefined,
    TSKER_HOST: undefined,
    // Python's sets come in an order of their own each time, and with them the order of requests.
    PYTHONHASHSEED: '0',
  };
}
