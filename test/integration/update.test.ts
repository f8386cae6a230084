// update of running and stopped containers, by what the kernel has afterwards. Needs root.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ContainerInspect, UpdateResponse } from '../../src/types/container.ts';
import type { HostConfig } from '../../src/types/container-config.ts';
import { cgroupDirectory, cgroupFile, unified } from '../helpers/cgroup.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { needing } from '../helpers/needs.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { waitFor } from '../helpers/wait.ts';
import { create, inspect, logs, start, startWithBusybox } from './daemon.harness.ts';

const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const MB = 1 << 20;
const update = (id: string, body: object) => daemon.api('POST', `/containers/${id}/update`, body);
const message = (text: string): string => (JSON.parse(text) as { message: string }).message;
const sleeper = (HostConfig: Partial<HostConfig> = {}) => start(daemon, { Cmd: ['sleep', '1000'], HostConfig });
const pidOf = async (id: string) => (await inspect<ContainerInspect>(daemon, id)).State.Pid;

const memory = (pid: number) =>
  cgroupFile(pid, { controller: 'memory', v1: 'memory.limit_in_bytes', v2: 'memory.max' });
/** Swap alone in v2, memory and swap in v1. */
const swap = (pid: number) =>
  cgroupFile(pid, { controller: 'memory', v1: 'memory.memsw.limit_in_bytes', v2: 'memory.swap.max' });
const shares = (pid: number) => cgroupFile(pid, { controller: 'cpu', v1: 'cpu.shares', v2: 'cpu.weight' });

test('memory grows and shrinks with its swap, whichever way the kernel wants it', async (t) => {
  const id = await sleeper({ Memory: 64 * MB, MemorySwap: 64 * MB });
  const pid = await pidOf(id);
  for (const size of [128, 32, 256]) {
    const answer = await update(id, { Memory: size * MB, MemorySwap: size * MB });
    t.is(answer.status, 200, answer.text);
    t.deepEqual(answer.json<UpdateResponse>(), { Warnings: null });
    t.is(memory(pid), String(size * MB));
  }
  t.is((await update(id, { Memory: 128 * MB })).status, 200);
  t.is(memory(pid), String(128 * MB));
  t.true([String(256 * MB), String(128 * MB)].includes(swap(pid)));
  t.is((await update(id, { MemorySwap: -1 })).status, 200);
  t.regex(swap(pid), /^(max|\d{15,})$/);
  const refused = await update(id, { Memory: MB });
  t.is(refused.status, 400);
  t.regex(message(refused.text), /Minimum memory limit allowed is 6MB/);
  t.like((await inspect<ContainerInspect>(daemon, id)).HostConfig, { Memory: 128 * MB, MemorySwap: -1 });
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('processors, processes and shares', async (t) => {
  const id = await sleeper();
  const pid = await pidOf(id);
  await update(id, { NanoCpus: 250_000_000, PidsLimit: 12, CpuShares: 300, CpusetCpus: '0' });
  t.regex(cgroupFile(pid, { controller: 'cpu', v1: 'cpu.cfs_quota_us', v2: 'cpu.max' }), /^25000\b/);
  t.is(cgroupFile(pid, { controller: 'pids', v1: 'pids.max', v2: 'pids.max' }), '12');
  t.is(cgroupFile(pid, { controller: 'cpuset', v1: 'cpuset.cpus', v2: 'cpuset.cpus' }), '0');
  await update(id, { PidsLimit: -1 });
  t.is(cgroupFile(pid, { controller: 'pids', v1: 'pids.max', v2: 'pids.max' }), 'max');
  const refused = await update(id, { CpuQuota: 5000 });
  t.is(refused.status, 409);
  t.regex(message(refused.text), /CPU Quota cannot be updated as NanoCPUs has already been set$/);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('a memory node that the host does not have is refused, and not stored', async (t) => {
  const id = await start(daemon, {
    Cmd: ['sh', '-c', 'head -c 40000000 /dev/zero | tail -c 40000000 >/dev/null; sleep 1000'],
    HostConfig: { Memory: 64 * MB, MemorySwap: 64 * MB },
  });
  const answer = await update(id, { CpusetMems: '777' });
  t.is(answer.status, 400, message(answer.text));
  t.is((await inspect<ContainerInspect>(daemon, id)).HostConfig.CpusetMems, '');
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

/** v2 accepts a limit below what is used, and kills; it accepts a quota above the parent's. */
const refusing = needing(test, { 'cgroup v1': !unified });

refusing(
  'a limit below what cannot be reclaimed is refused by the kernel: the user hears it, nothing is changed',
  async (t) => {
    const id = await start(daemon, {
      Cmd: ['sh', '-c', 'head -c 40000000 /dev/zero >/dev/shm/full; echo full; sleep 1000'],
      HostConfig: { Memory: 64 * MB, MemorySwap: 64 * MB, CpuShares: 200 },
    });
    await waitFor('the memory is full', async () => (await logs(daemon, id)).out === 'full\n');
    const pid = await pidOf(id);
    const answer = await update(id, { Memory: 8 * MB, MemorySwap: 8 * MB, CpuShares: 300 });
    t.is(answer.status, 500);
    t.regex(
      message(answer.text),
      new RegExp(`^Cannot update container ${id}: (.*memory\\.limit_in_bytes: EBUSY|.*unable to set memory limit)`),
    );
    t.deepEqual([memory(pid), swap(pid), shares(pid)], [String(64 * MB), String(64 * MB), '200']);
    const { HostConfig } = await inspect<ContainerInspect>(daemon, id);
    t.like(HostConfig, { Memory: 64 * MB, MemorySwap: 64 * MB, CpuShares: 200 });
    t.like(await daemon.tsker.run(['update', '--memory', '8m', '--memory-swap', '8m', id]), { code: 1 });
    await daemon.api('DELETE', `/containers/${id}?force=1`);
  },
);

refusing('what was changed before the kernel refused is taken back', async (t) => {
  const CgroupParent = `/tsker/tests-refused-${process.pid}`;
  const id = await sleeper({ CgroupParent, Memory: 64 * MB, MemorySwap: 64 * MB, CpuQuota: 20_000, CpuShares: 200 });
  const pid = await pidOf(id);
  const quota = () => cgroupFile(pid, { controller: 'cpu', v1: 'cpu.cfs_quota_us', v2: 'cpu.max' });
  writeFileSync(join(cgroupDirectory(pid, 'cpu'), '../cpu.cfs_quota_us'), '30000');
  const answer = await update(id, { Memory: 32 * MB, MemorySwap: 32 * MB, CpuQuota: 90_000, CpuShares: 300 });
  t.is(answer.status, 500);
  t.regex(message(answer.text), /cpu\.cfs_quota_us: (EINVAL|invalid argument)/);
  t.deepEqual([memory(pid), swap(pid), quota(), shares(pid)], [String(64 * MB), String(64 * MB), '20000', '200']);
  t.like((await inspect<ContainerInspect>(daemon, id)).HostConfig, {
    Memory: 64 * MB,
    CpuQuota: 20_000,
    CpuShares: 200,
  });
  t.is((await update(id, { CpuQuota: 25_000 })).status, 200);
  t.is(quota(), '25000');
  await daemon.api('DELETE', `/containers/${id}?force=1`);
});

test('the restart policy, and limits of one that does not run, are there at the next start', async (t) => {
  const id = await create(daemon, { Cmd: ['sleep', '1000'] });
  await update(id, { Memory: 48 * MB, RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } });
  t.like((await inspect<ContainerInspect>(daemon, id)).HostConfig, {
    Memory: 48 * MB,
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
  });
  await daemon.api('POST', `/containers/${id}/start`);
  t.is(memory(await pidOf(id)), String(48 * MB));
  t.is((await update(id, { RestartPolicy: { Name: 'sometimes' } })).status, 400);
  await daemon.api('DELETE', `/containers/${id}?force=1`);
  const once = await create(daemon, { HostConfig: { AutoRemove: true } });
  const refused = await update(once, { RestartPolicy: { Name: 'always' } });
  t.is(refused.status, 409);
  t.regex(message(refused.text), /AutoRemove is enabled/);
});
