// Peak memory of the engines while they pull 2 GB: the kernel's own high-water mark of the resident set, which no sampling
// can miss. The reference engine's is the sum over its processes.
import { readFileSync, writeFileSync } from 'node:fs';
import { pushImage } from '../../../test/helpers/push.ts';
import type { Ground } from '../ground.ts';
import { HUGE } from '../images.ts';
import { processTree } from '../processes.ts';
import type { Row } from '../result.ts';

const MOST = 250;

export async function pullMemory(ground: Ground): Promise<Row[]> {
  await pushImage(HUGE.make(), { url: ground.registry.url, name: HUGE.name, tag: 'latest' });
  const reference = `${ground.registry.host}/${HUGE.name}:latest`;
  const peaks: number[] = [];
  for (const { docker, rootPid, marks } of ground.engines) {
    const pids = processTree([rootPid], marks);
    for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
    await docker.ok(['pull', '-q', reference]);
    peaks.push(pids.reduce((sum, pid) => sum + peakMegabytes(pid), 0));
    await docker.run(['rmi', '-f', reference]);
  }
  const [tsker = Number.NaN, peakOfDocker = Number.NaN] = peaks;
  const name = `peak memory while pulling ${HUGE.what} (RSS)`;
  return [
    { name, unit: 'MB', tsker, reference: peakOfDocker, against: 'dockerd, containerd' },
    { name, unit: 'MB', tsker, reference: MOST, against: 'what is asked', atMost: 1 },
  ];
}

function peakMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
