import test from 'ava';
import { cpuPercentage, statsRow } from '../../../../src/cli/output/stats-row.ts';
import type { CpuStats, StatsResponse } from '../../../../src/types/stats.ts';

const cpu = (total: number, system?: number): CpuStats => ({
  cpu_usage: { total_usage: total, usage_in_kernelmode: 0, usage_in_usermode: 0 },
  ...(system === undefined ? {} : { system_cpu_usage: system, online_cpus: 2 }),
  throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
});

const SAMPLE = {
  id: 'a'.repeat(64),
  name: '/web',
  cpu_stats: cpu(300, 2000),
  precpu_stats: cpu(200, 1000),
  memory_stats: { usage: 3 << 20, limit: 8 << 20, stats: { inactive_file: 1 << 20 } },
  pids_stats: { current: 4 },
  networks: { eth0: { rx_bytes: 1500, tx_bytes: 10 }, eth1: { rx_bytes: 500, tx_bytes: 0 } },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 8, minor: 0, op: 'Read', value: 1000 },
      { major: 8, minor: 0, op: 'write', value: 2000 },
      { major: 8, minor: 0, op: 'total', value: 3000 },
    ],
  },
} as unknown as StatsResponse;

test('a sample in the words of Docker', (t) => {
  t.deepEqual(statsRow(SAMPLE, { container: 'web', noTrunc: false }), {
    BlockIO: '1kB / 2kB',
    CPUPerc: '20.00%',
    Container: 'web',
    ID: 'a'.repeat(12),
    MemPerc: '25.00%',
    MemUsage: '2MiB / 8MiB',
    Name: 'web',
    NetIO: '2kB / 10B',
    PIDs: '4',
  });
});

test('before the first sample there are dashes', (t) => {
  t.like(statsRow(undefined, { container: 'web', noTrunc: false }), { Container: 'web', CPUPerc: '--', ID: '--' });
});

test('without time between two samples nothing was used', (t) => {
  t.is(cpuPercentage(cpu(300, 1000), cpu(200, 1000)), 0);
  t.is(cpuPercentage(cpu(0), cpu(0)), 0);
});
