import test from 'ava';
import {
  formatStats,
  parseNetworkDevices,
  parseSystemCpu,
  type Sample,
} from '../../../../src/daemon/container/stats-sample.ts';

const SAMPLE: Sample = {
  read: '2026-01-01T00:00:00Z',
  cgroup: {
    version: 2,
    cpu: {
      total: 5,
      user: 3,
      system: 2,
      perProcessor: undefined,
      periods: 0,
      throttledPeriods: 0,
      throttledTime: 0,
    },
    memory: { usage: 100, maxUsage: undefined, failures: undefined, limit: undefined, stat: { anon: 1 } },
    pids: { current: 1, limit: undefined },
    io: { bytes: [], operations: [] },
  },
  system: { usage: 1000, online: 2 },
  networks: {},
};
const REQUEST = { id: 'i', name: 'n', sample: SAMPLE, previous: undefined, machineMemory: 4096 };

test('a container without limits has those of the machine, and no limit that Go could not read', (t) => {
  const stats = formatStats(REQUEST);
  t.is(stats.memory_stats.limit, 4096);
  t.deepEqual(stats.pids_stats, { current: 1 });
  t.is(stats.name, '/n');
});

test('the first sample has nothing before it', (t) => {
  const { precpu_stats, preread } = formatStats(REQUEST);
  t.is(preread, '0001-01-01T00:00:00Z');
  t.is(precpu_stats.system_cpu_usage, undefined);
  t.is(formatStats({ ...REQUEST, previous: SAMPLE }).precpu_stats.system_cpu_usage, 1000);
});

test('interfaces are read without the loopback', (t) => {
  const text = `Inter-|   Receive
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    9    9    0    0    0     0          0         0    9    9    0    0    0     0       0          0
  eth0:   10    2    1    3    0     0          0         0   20    4    5    6    0     0       0          0
`;
  t.deepEqual(parseNetworkDevices(text), {
    eth0: {
      ...{ rx_bytes: 10, rx_packets: 2, rx_errors: 1, rx_dropped: 3 },
      ...{ tx_bytes: 20, tx_packets: 4, tx_errors: 5, tx_dropped: 6 },
    },
  });
});

test('the time of the machine is the sum of seven columns', (t) => {
  t.deepEqual(parseSystemCpu('cpu  1 2 3 4 5 6 7 100 100 100\ncpu0 1\ncpu1 1\nintr 5\n'), {
    usage: 28 * 1e7,
    online: 2,
  });
});
