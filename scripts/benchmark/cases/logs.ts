// Log throughput: a container that writes 200 MB of 80-byte lines as fast as it is taken from it, into the json-file log;
// and ten that write 20 MB each at once, a client following one of them.
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { ok } from '../../../test/helpers/run.ts';
import type { Engine, Ground } from '../ground.ts';
import { interleave, type Series } from '../measure.ts';
import type { Row } from '../result.ts';

const MEGABYTES = 200;

async function writeLines(path: string, megabytes: number): Promise<void> {
  const out = createWriteStream(path);
  const megabyte = Buffer.from(`${'x'.repeat(79)}\n`.repeat(12_500));
  for (let written = 0; written < megabytes; written += 1) {
    if (!out.write(megabyte)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}

const CROWD = 10;
/** It writes 64 KB at a time: what it takes itself is little beside what its log takes. */
const CAT = ['cat', '/lines'];

export async function logs(ground: Ground, rounds: number): Promise<Row[]> {
  const [all, tenth] = [join(ground.work, 'lines'), join(ground.work, 'lines-of-one')];
  await writeLines(all, MEGABYTES);
  await writeLines(tenth, MEGABYTES / CROWD);
  // Nobody is to wait for the journal that another has filled.
  const prepare = async (): Promise<void> => void (await ok(['sync', '-f', ground.work]));
  const alone = (engine: Engine) => ({
    name: engine.name,
    prepare,
    run: () => engine.api.life(ground.image, CAT, hostOf(all)),
  });
  const together = (engine: Engine) => ({
    name: engine.name,
    prepare,
    run: () => writeTogether(engine, ground.image, tenth),
  });
  const repeats = Math.max(5, rounds >> 3);
  return [
    rowOf('log throughput, 80-byte lines', await interleave(ground.engines.map(alone), repeats, 1), 3),
    rowOf('the same by ten, one followed', await interleave(ground.engines.map(together), repeats, 1), 5),
  ];
}

function hostOf(path: string): object {
  return { NetworkMode: 'none', Binds: [`${path}:/lines:ro`] };
}

/** All have ended and the follower has read to its end. */
async function writeTogether({ api }: Engine, image: string, path: string): Promise<void> {
  const created = await Promise.all(
    Array.from({ length: CROWD }, () =>
      api.call('POST', '/containers/create', { Image: image, Cmd: CAT, HostConfig: hostOf(path) }),
    ),
  );
  const ids = created.map((one) => (one as { Id: string }).Id);
  const waits = ids.map((id) => api.call('POST', `/containers/${id}/wait?condition=next-exit`));
  await Promise.all(ids.map((id) => api.call('POST', `/containers/${id}/start`)));
  const followed = api.drain(`/containers/${ids[0]}/logs?follow=1&stdout=1`);
  await Promise.all([...waits, followed]);
  await Promise.all(ids.map((id) => api.call('DELETE', `/containers/${id}`)));
}

function rowOf(name: string, [tsker, docker]: readonly Series[], atLeast: number): Row {
  if (tsker === undefined || docker === undefined) throw new Error('both engines must have logged');
  const rate = (milliseconds: number): number => MEGABYTES / (milliseconds / 1000);
  return {
    ...{ name, unit: 'MB/s', against: 'dockerd', atLeast },
    ...{ tsker: rate(tsker.median), reference: rate(docker.median) },
    samples: { tsker: tsker.samples, reference: docker.samples },
  };
}
