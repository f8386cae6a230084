// What every case of the benchmark works on: both engines, a registry with the images, and one image loaded in both.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxImage } from '../../test/helpers/busybox.ts';
import { type Daemon, startDaemon } from '../../test/helpers/daemon.ts';
import { type DockerCli, dockerCli } from '../../test/helpers/docker-cli.ts';
import type { Owner } from '../../test/helpers/owner.ts';
import { pushImage } from '../../test/helpers/push.ts';
import { type ReferenceDocker, startDocker } from '../../test/helpers/reference-docker.ts';
import { type Registry, startRegistry } from '../../test/helpers/registry.ts';
import { tempdir, unmountBelow } from '../../test/helpers/tempdir.ts';
import { Api } from './api.ts';

/** An engine as the cases see it. */
export interface Engine {
  readonly name: 'tsker' | 'docker';
  readonly api: Api;
  /** The engine's own command line, and the docker CLI pointed at it. */
  readonly cli: DockerCli;
  readonly docker: DockerCli;
  readonly rootPid: number;
  /** Words of command lines that belong to it though they left its process tree. */
  readonly marks: readonly string[];
}

export interface Ground {
  readonly owner: Owner;
  readonly tsker: Engine;
  readonly reference: Engine;
  readonly engines: readonly Engine[];
  readonly registry: Registry;
  /** Present in both engines. */
  readonly image: string;
  readonly work: string;
}

/** Runs what was handed to teardown, last first. */
export class Teardown implements Owner {
  readonly #stack: (() => void | Promise<void>)[] = [];
  #run: Promise<void> | undefined;

  teardown(fn: () => void | Promise<void>): void {
    this.#stack.push(fn);
  }

  /** Once: whoever calls it again waits for the same end. */
  run(): Promise<void> {
    this.#run ??= this.#unwind();
    return this.#run;
  }

  async #unwind(): Promise<void> {
    for (let fn = this.#stack.pop(); fn !== undefined; fn = this.#stack.pop()) {
      await Promise.resolve(fn()).catch((error: unknown) => console.error(`bench: cleaning up: ${String(error)}`));
    }
  }
}

export async function prepareGround(owner: Owner): Promise<Ground> {
  const work = tempdir(owner, 'bench');
  // podman leaves its storage mounted.
  owner.teardown(() => unmountBelow(work));
  const registry = await startRegistry(owner);
  await pushImage(await busyboxImage(), { url: registry.url, name: 'busybox', tag: 'latest' });
  const image = `${registry.host}/busybox:latest`;
  const daemon = await startDaemon(owner);
  const docker = await startDocker(owner, { ownNetwork: false });
  const tsker = tskerEngine(daemon);
  const reference = referenceEngine(docker, work);
  for (const engine of [tsker, reference]) {
    owner.teardown(() => engine.api.close());
    await engine.docker.ok(['pull', '-q', image]);
    await engine.docker.ok(['tag', image, 'busybox:latest']);
  }
  return { owner, tsker, reference, engines: [tsker, reference], registry, image: 'busybox:latest', work };
}

function tskerEngine(daemon: Daemon): Engine {
  return {
    name: 'tsker',
    api: new Api(daemon.socket),
    cli: daemon.tsker,
    docker: daemon.docker(),
    rootPid: daemon.pid,
    marks: [],
  };
}

function referenceEngine(docker: ReferenceDocker, work: string): Engine {
  const home = join(work, 'docker-home');
  mkdirSync(home, { recursive: true });
  const cli = dockerCli(docker.socket, home);
  // Shims are children of init: their command lines name containerd's socket below the engine's exec-root.
  const marks = [docker.root.replace(/\/root$/, '/exec')];
  return { name: 'docker', api: new Api(docker.socket), cli, docker: cli, rootPid: docker.pid, marks };
}
