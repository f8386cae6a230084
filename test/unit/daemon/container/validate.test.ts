import test from 'ava';
import { completeConfig, completeHostConfig } from '../../../../src/daemon/container/defaults.ts';
import { validateConfig, validateHostConfig } from '../../../../src/daemon/container/validate.ts';
import { validateResources } from '../../../../src/daemon/container/validate-resources.ts';
import type { CreateRequest } from '../../../../src/types/container.ts';
import { TskerError } from '../../../../src/util/errors.ts';

function validate(body: CreateRequest): void {
  const request = {
    body,
    id: 'a'.repeat(64),
    hostHostname: 'host',
    cgroupnsMode: 'host',
    runtime: 'inprocess',
    defaultNetwork: 'bridge',
    defaultLog: { Type: 'json-file', Config: {} },
  };
  const hostConfig = completeHostConfig(request);
  validateConfig(completeConfig(request));
  validateHostConfig(hostConfig, { runtime: 'inprocess' });
  validateResources(hostConfig, { processors: 2, memoryNodes: '0' });
}

type Host = NonNullable<CreateRequest['HostConfig']>;

const GOOD: [string, CreateRequest][] = [
  ['nothing', {}],
  [
    'what the docker CLI sends',
    {
      Hostname: '',
      Domainname: '',
      User: '',
      AttachStdout: true,
      Tty: false,
      Env: ['A=b', 'C'],
      WorkingDir: '/w',
      StopSignal: 'SIGRTMIN+3',
      ExposedPorts: { '80/tcp': {}, '1-3/udp': {} },
      HostConfig: {
        NetworkMode: 'default',
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
        ConsoleSize: [24, 80],
        PidsLimit: 0,
        LogConfig: { Type: '', Config: {} },
        MemorySwappiness: -1,
        IpcMode: '',
        Isolation: '',
        PortBindings: {},
      },
    },
  ],
  ['the runtime of Docker by name', { HostConfig: { Runtime: 'runc' } }],
  [
    'name servers',
    { HostConfig: { Dns: ['1.1.1.1', 'fd00::1'], DnsSearch: ['.', 'a.example'], DnsOptions: ['ndots:2'] } },
  ],
  ['a hundredth of a processor', { HostConfig: { NanoCpus: 10_000_000 } }],
  ['limits', { HostConfig: { Memory: 6 << 20, NanoCpus: 2e9, CpusetCpus: '0,1', BlkioWeight: 10 } }],
];
for (const [what, body] of GOOD) {
  test(`accepted: ${what}`, (t) => {
    t.notThrows(() => validate(body));
  });
}

const CONFIG: [string, CreateRequest, string][] = [
  [
    'a relative working directory',
    { WorkingDir: 'w' },
    "the working directory 'w' is invalid, it needs to be an absolute path",
  ],
  [
    'a working directory with a NUL',
    { WorkingDir: '/w\0' },
    "the working directory '/w\0' is invalid, it needs to be an absolute path",
  ],
  [
    'a relative volume',
    { Volumes: { rel: {} } },
    `invalid mount config for type "volume": invalid mount path: 'rel' mount path must be absolute`,
  ],
  ['a variable without a name', { Env: ['=x'] }, 'invalid environment variable: =x'],
  ['an unknown signal', { StopSignal: 'SIGNOPE' }, 'invalid signal: SIGNOPE'],
  ['a port that is none', { ExposedPorts: { 'x/tcp': {} } }, 'invalid port specification: "x/tcp"'],
  ['a health check without end', { Healthcheck: { Interval: 5 } }, 'Interval in Healthcheck cannot be less than 1ms'],
];
const HOST: [string, Host, string][] = [
  ['little memory', { Memory: 1024 }, 'Minimum memory limit allowed is 6MB'],
  [
    'less swap than memory',
    { Memory: 64 << 20, MemorySwap: 32 << 20 },
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  ],
  [
    'swap alone',
    { MemorySwap: 64 << 20 },
    'You should always set the Memory limit when using Memoryswap limit, see usage',
  ],
  [
    'a reservation above the limit',
    { Memory: 8 << 20, MemoryReservation: 9 << 20 },
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  ['too many processors', { NanoCpus: 3e9 }, 'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [
    'less of a processor than the kernel counts',
    { NanoCpus: 1_000_000 },
    'range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available',
  ],
  ['a name server that is no address', { Dns: ['1.2.3'] }, '"1.2.3" is not an ip address'],
  ['a line of resolv.conf', { Dns: ['1.1.1.1\noptions x'] }, '"1.1.1.1\\noptions x" is not an ip address'],
  ['a search domain of two lines', { DnsSearch: ['a\nb'] }, '"a\\nb" is not a valid domain or DNS option'],
  [
    'a device without a name',
    { Devices: [{ PathOnHost: '', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }] },
    'invalid device: the path on the host must be absolute: ""',
  ],
  [
    'two ways to limit processors',
    { NanoCpus: 1e9, CpuQuota: 5000 },
    'Conflicting options: Nano CPUs and CPU Quota cannot both be set',
  ],
  [
    'a short period',
    { CpuPeriod: 10 },
    'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)',
  ],
  [
    'a memory node that is not there',
    { CpusetMems: '0,3' },
    'Requested memory nodes are not available - requested 0,3, available: 0',
  ],
  ['an isolation of Windows', { Isolation: 'hyperv' }, `Invalid isolation: "hyperv" - linux only supports 'default'`],
  [
    'options of a storage driver that has none',
    { StorageOpt: { size: '1G' } },
    "--storage-opt is supported only for overlay over xfs with 'pquota' mount option.",
  ],
  [
    'a processor that is not there',
    { CpusetCpus: '0-7' },
    'Requested CPUs are not available - requested 0-7, available: 0-1',
  ],
  ['a cpuset that is none', { CpusetCpus: 'x' }, 'Invalid value x for cpuset cpus: invalid format: x'],
  ['a great swappiness', { MemorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  ['a weight out of range', { BlkioWeight: 5 }, 'Range of blkio weight is from 10 to 1000'],
  ['an oom score out of range', { OomScoreAdj: 2000 }, 'Invalid value 2000, range for oom score adj is [-1000, 1000]'],
  ['a negative size', { ShmSize: -1 }, 'SHM size can not be less than 0'],
  ['an unknown capability', { CapAdd: ['FLY'] }, 'invalid CapAdd: unknown capability: "CAP_FLY"'],
  [
    '--rm with a restart policy',
    { AutoRemove: true, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
    "can't create 'AutoRemove' container with restart policy",
  ],
  [
    'an unknown restart policy',
    { RestartPolicy: { Name: 'often', MaximumRetryCount: 0 } },
    "invalid restart policy: unknown policy 'often'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
  ],
  [
    'an unknown log driver',
    { LogConfig: { Type: 'pigeon', Config: {} } },
    'error looking up logging plugin pigeon: plugin "pigeon" not found',
  ],
  ['an unknown runtime', { Runtime: 'kata' }, 'unknown or invalid runtime name: kata'],
  ['an unknown IPC mode', { IpcMode: 'x' }, 'invalid IPC mode: x'],
  ['an unknown limit', { Ulimits: [{ Name: 'files', Soft: 1, Hard: 1 }] }, 'invalid ulimit type: files'],
  ['a host entry without address', { ExtraHosts: ['x'] }, 'bad format for add-host: "x"'],
  [
    'a strange port of the host',
    { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: 'web' }] } },
    'invalid port specification: "web"',
  ],
  ['a strange device rule', { DeviceCgroupRules: ['x'] }, "invalid device cgroup rule format: 'x'"],
];
for (const [what, body, message] of [
  ...CONFIG,
  ...HOST.map(([what, HostConfig, message]) => [what, { HostConfig }, message] as const),
]) {
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => validate(body), { instanceOf: TskerError });
    t.is(error?.message, message);
    t.is(error?.status, 400);
  });
}
