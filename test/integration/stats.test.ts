// stats through the API, compared with what the kernel counts. Needs root.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect } from '../../src/types/container.ts';
import type { StatsResponse } from '../../src/types/stats.ts';
import { cgroupDirectory, cgroupFile, unified } from '../helpers/cgroup.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { SLOWNESS } from '../helpers/wait.ts';
import { create, inspect, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const SPIN = { Cmd: ['sh', '-c', 'while :; do :; done'] };

/** Docker's formula (docker/cli, calculateCPUPercentUnix). */
function percentage({ cpu_stats: now, precpu_stats: before }: StatsResponse): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const system = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  return (used / system) * (now.online_cpus ?? 0) * 100;
}

test('one sample at once, one compared with another after a second', async (t) => {
  const id = await start(daemon, { ...SPIN, HostConfig: { Memory: 64 << 20, PidsLimit: 33, NanoCpus: 100_000_000 } });
  const { Pid: pid } = (await inspect<ContainerInspect>(daemon, id)).State;
  const single = (await daemon.api('GET', `/containers/${id}/stats?stream=0&one-shot=1`)).json<StatsResponse>();
  t.is(single.preread, '0001-01-01T00:00:00Z');
  t.is(single.precpu_stats.system_cpu_usage, undefined);
  t.deepEqual(single.pids_stats, { current: 1, limit: 33 });
  t.is(single.memory_stats.limit, 64 << 20);
  const usage = Number(cgroupFile(pid, { controller: 'memory', v1: 'memory.usage_in_bytes', v2: 'memory.current' }));
  t.true(Math.abs((single.memory_stats.usage ?? 0) - usage) < 4 << 20);
  t.deepEqual(Object.keys(single.networks ?? {}), ['eth0']);
  const compared = (await daemon.api('GET', `/containers/${id}/stats?stream=false`)).json<StatsResponse>();
  t.true(compared.preread > '2000' && compared.read > compared.preread);
  const percent = percentage(compared);
  // An emulated machine that has to wait for its host counts what it waited.
  t.true(percent > 2 && percent < (SLOWNESS > 1 ? 90 : 40), `${percent} %`);
  t.true(compared.cpu_stats.throttling_data.throttled_periods > 0);
  const stat = readFileSync(join(cgroupDirectory(pid, 'cpu'), 'cpu.stat'), 'utf8');
  t.true(Number(/nr_throttled (\d+)/.exec(stat)?.[1]) >= compared.cpu_stats.throttling_data.throttled_periods);
  t.is(compared.cpu_stats.cpu_usage.percpu_usage === undefined, unified);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('a stream has a sample a second, zeros when the container has ended, and ends with its removal', async (t) => {
  const id = await start(daemon, SPIN);
  const stream = await daemon.stream('GET', `/containers/${id}/stats`);
  const samples: StatsResponse[] = [];
  const ends = { killed: false, removed: false };
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    samples.push(...lines.map((line) => JSON.parse(line) as StatsResponse));
    if (samples.length >= 2 && !ends.killed) {
      ends.killed = true;
      await daemon.api('POST', `/containers/${id}/kill`);
    }
    if (samples.at(-1)?.read === '0001-01-01T00:00:00Z' && !ends.removed) {
      ends.removed = true;
      await daemon.api('DELETE', `/containers/${id}`);
    }
  }
  const [first, second] = samples;
  t.is(second?.preread, first?.read);
  t.like(samples.at(-1), { read: '0001-01-01T00:00:00Z', pids_stats: {}, memory_stats: {}, id });
});

test('traffic and disk are counted', async (t) => {
  const id = await start(daemon, {
    Cmd: [
      'sh',
      '-c',
      'dd if=/dev/zero of=/x bs=64k count=32 conv=fsync 2>/dev/null; ping -c 2 -i 1 $(ip route | grep default | cut -d" " -f3); sleep 1000',
    ],
  });
  await new Promise((resolve) => setTimeout(resolve, 1800));
  const sample = (await daemon.api('GET', `/containers/${id}/stats?stream=0&one-shot=1`)).json<StatsResponse>();
  t.true((sample.networks?.['eth0']?.tx_packets ?? 0) >= 1);
  const written = (sample.blkio_stats.io_service_bytes_recursive ?? []).filter(({ op }) => op === 'write');
  t.true(written.reduce((sum, { value }) => sum + value, 0) >= 2 << 20);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('of one that does not run there are zeros at once; what cannot be is refused', async (t) => {
  const id = await create(daemon, SPIN, `stats-${process.pid}`);
  const sample = (await daemon.api('GET', `/containers/${id}/stats?stream=0`)).json<StatsResponse>();
  t.like(sample, { name: `/stats-${process.pid}`, id, read: '0001-01-01T00:00:00Z', memory_stats: {} });
  t.is((await daemon.api('GET', `/containers/${id}/stats?stream=1&one-shot=1`)).status, 400);
  t.is((await daemon.api('GET', '/containers/nosuch/stats')).status, 404);
});
