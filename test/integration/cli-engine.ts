// The engines that tsker's command line is tested against: its own daemon, and a reference Docker Engine, each with the
// image `busybox`, imported by the command line under test.
import { busyboxEntries } from '../helpers/busybox.ts';
import { startDaemon, tskerCommand } from '../helpers/daemon.ts';
import { type DockerCli, dockerCli, engineCli } from '../helpers/docker-cli.ts';
import type { Owner } from '../helpers/owner.ts';
import { startDocker } from '../helpers/reference-docker.ts';
import { makeTar } from '../helpers/tar.ts';

export interface CliEngine {
  readonly socket: string;
  /** tsker's command line, told of this engine. */
  readonly tsker: DockerCli;
  /** The newest docker command line there is, told of the same. */
  readonly docker: DockerCli;
}

export type EngineName = 'tsker' | 'docker';

export async function startEngine(owner: Owner, name: EngineName): Promise<CliEngine> {
  const engine = name === 'tsker' ? await startOwn(owner) : await startReference(owner);
  await engine.tsker.ok(['import', '-', 'busybox'], { input: makeTar(await busyboxEntries()) });
  return engine;
}

async function startOwn(owner: Owner): Promise<CliEngine> {
  const daemon = await startDaemon(owner);
  return { socket: daemon.socket, tsker: daemon.tsker, docker: daemon.docker() };
}

async function startReference(owner: Owner): Promise<CliEngine> {
  const docker = await startDocker(owner);
  const env = { ...docker.cli.env, DOCKER_HOST: undefined, TSKER_HOST: `unix://${docker.socket}` };
  const { socket } = docker;
  return { socket, tsker: engineCli(tskerCommand(env), env), docker: dockerCli(socket, docker.cli.env['HOME'] ?? '/') };
}
