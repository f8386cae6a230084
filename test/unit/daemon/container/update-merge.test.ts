import test from 'ava';
import { completeHostConfig } from '../../../../src/daemon/container/defaults.ts';
import { mergeLimits } from '../../../../src/daemon/container/update-merge.ts';
import type { UpdateRequest } from '../../../../src/types/container.ts';
import type { HostConfig } from '../../../../src/types/container-config.ts';

const present = (given: Partial<HostConfig> = {}): HostConfig =>
  completeHostConfig({
    body: { HostConfig: given },
    id: 'c'.repeat(64),
    hostHostname: 'host',
    cgroupnsMode: 'private',
    runtime: 'inprocess',
    defaultNetwork: 'bridge',
    defaultLog: { Type: 'json-file', Config: {} },
  });

test('what is zero, empty or missing stays as it is', (t) => {
  const before = present({ Memory: 64 << 20, CpuShares: 5, PidsLimit: 9 });
  const request = { Memory: 0, CpusetCpus: '', RestartPolicy: { Name: '', MaximumRetryCount: 0 } };
  t.deepEqual(mergeLimits(before, request), before);
  t.like(mergeLimits(before, { CpuShares: 7 }), { CpuShares: 7, Memory: 64 << 20 });
  t.is(mergeLimits(before, { PidsLimit: 0 }).PidsLimit, 0);
});

const REFUSED: readonly (readonly [Partial<HostConfig>, UpdateRequest, RegExp])[] = [
  [{ CpuPeriod: 1000 }, { NanoCpus: 1e9 }, /Nano CPUs cannot be updated as CPU Period has already been set/],
  [{ CpuQuota: 1000 }, { NanoCpus: 1e9 }, /Nano CPUs cannot be updated as CPU Quota has already been set/],
  [{ NanoCpus: 1e9 }, { CpuPeriod: 1000 }, /CPU Period cannot be updated as NanoCPUs has already been set/],
  [{ NanoCpus: 1e9 }, { CpuQuota: 1000 }, /CPU Quota cannot be updated as NanoCPUs has already been set/],
  [{ Memory: 8 << 20 }, { Memory: 64 << 20 }, /smaller than already set memoryswap limit/],
  [{ AutoRemove: true }, { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }, /AutoRemove is enabled/],
];
for (const [given, request, message] of REFUSED) {
  test(`refused: ${message.source}`, (t) => {
    t.throws(() => mergeLimits(present(given), request), { code: 'conflict', message });
  });
}
