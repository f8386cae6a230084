// save into a file and load of it by docker's client, the image removed before each load; load by tsker's own, too.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pushImage } from '../../../test/helpers/push.ts';
import type { Engine, Ground } from '../ground.ts';
import { MIXED } from '../images.ts';
import { type Contender, fewer, interleave } from '../measure.ts';
import { type Podman, podmanAt } from '../podman.ts';
import { compared, type Row } from '../result.ts';

interface Archived {
  readonly reference: string;
  /** Of the contender. */
  readonly path: string;
}

export async function archives(ground: Ground, given: number): Promise<Row[]> {
  await pushImage(MIXED.make(), { url: ground.registry.url, name: MIXED.name, tag: 'latest' });
  const reference = `${ground.registry.host}/${MIXED.name}:latest`;
  const podman = podmanAt(ground.work);
  for (const { docker } of ground.engines) await docker.ok(['pull', '-q', reference]);
  await podman.ok(['pull', '-q', '--tls-verify=false', reference]);

  const archived = (name: string): Archived => ({ reference, path: join(ground.work, `${name}.tar`) });
  const rounds = fewer(given);
  const saves = [...ground.engines.map((engine) => saving(engine, archived(engine.name)))];
  const loads = [...ground.engines.map((engine) => loading(engine, archived(engine.name)))];
  const own = podmanCases(podman, archived('podman'));
  const saved = await interleave([...saves, own.save], rounds, 1);
  const byTsker = loading({ ...ground.tsker, docker: ground.tsker.cli }, archived('tsker'));
  const [ownLoad, ...loaded] = await interleave([byTsker, ...loads, own.load], rounds, 1);
  const docker = loaded.filter(({ name }) => name === 'docker');
  for (const { docker } of ground.engines) await docker.run(['rmi', '-f', reference]);
  await podman.run(['rmi', '-f', reference]);
  return [
    ...compared(`save: ${MIXED.what}`, saved, { command: 'save', atMost: 0.6 }),
    ...compared(`load: ${MIXED.what}`, loaded, { command: 'load', atMost: 0.25 }),
    ...(ownLoad === undefined
      ? []
      : compared(`load by tsker's client: ${MIXED.what}`, [ownLoad, ...docker], { command: 'load', atMost: 0.25 })),
  ];
}

function saving({ name, docker }: Engine, { reference, path }: Archived): Contender {
  return { name, run: async () => void (await docker.ok(['save', '-o', path, reference])) };
}

function loading({ name, docker }: Engine, { reference, path }: Archived): Contender {
  return {
    name,
    prepare: async () => void (await docker.run(['rmi', '-f', reference])),
    run: async () => void (await docker.ok(['load', '-q', '-i', path])),
  };
}

function podmanCases(podman: Podman, { reference, path }: Archived): { save: Contender; load: Contender } {
  return {
    save: {
      name: 'podman',
      // It refuses to write over an archive.
      prepare: async () => rmSync(path, { force: true }),
      run: () => podman.ok(['save', '-q', '-o', path, reference]),
    },
    load: {
      name: 'podman',
      prepare: async () => void (await podman.run(['rmi', '-f', reference])),
      run: () => podman.ok(['load', '-q', '-i', path]),
    },
  };
}
