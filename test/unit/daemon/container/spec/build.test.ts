import test from 'ava';
import { completeConfig, completeHostConfig } from '../../../../../src/daemon/container/defaults.ts';
import type { ContainerRecord } from '../../../../../src/daemon/container/record.ts';
import { buildSpec, type SpecRequest } from '../../../../../src/daemon/container/spec/build.ts';
import { DEFAULT_CAPABILITIES, kernelCapabilities } from '../../../../../src/runtime/capabilities.ts';
import type { Spec } from '../../../../../src/runtime/spec.ts';
import type { CreateRequest } from '../../../../../src/types/container.ts';

const ID = 'c'.repeat(64);
const ALL = kernelCapabilities(40);

function build(body: CreateRequest, changes: Partial<SpecRequest> = {}): Spec {
  const request = {
    body,
    id: ID,
    hostHostname: 'host',
    cgroupnsMode: 'private',
    runtime: 'inprocess',
    defaultNetwork: 'bridge',
    defaultLog: { Type: 'json-file', Config: {} },
  };
  const record = {
    id: ID,
    path: 'sh',
    args: ['-c', 'true'],
    config: completeConfig(request),
    hostConfig: completeHostConfig(request),
  } as unknown as ContainerRecord;
  return buildSpec({
    record,
    user: { uid: 0, gid: 0, additionalGids: [0] },
    network: 'new',
    files: { hosts: '/c/hosts', hostname: '/c/hostname', resolvConf: '/c/resolv.conf' },
    devices: [],
    host: {
      capabilities: ALL,
      seccomp: (profile, capabilities) => ({ defaultAction: `${String(profile)} for ${capabilities.length}` }),
      apparmor: { attribute: undefined, isLoaded: () => false },
      deviceNumbers: (path) => ({ major: 8, minor: path.length }),
    },
    ...changes,
  });
}

const mountAt = (spec: Spec, destination: string) => spec.mounts.find((mount) => mount.destination === destination);
const host = (HostConfig: NonNullable<CreateRequest['HostConfig']>): Spec => build({ HostConfig });

test('a plain container has the program, the defaults of Docker and its own everything', (t) => {
  const spec = build({});
  t.deepEqual(spec.process.args, ['sh', '-c', 'true']);
  t.is(spec.process.cwd, '/');
  t.deepEqual(spec.process.capabilities?.bounding, DEFAULT_CAPABILITIES);
  t.deepEqual(spec.process.capabilities?.effective, DEFAULT_CAPABILITIES);
  t.is(spec.hostname, 'c'.repeat(12));
  t.deepEqual(spec.linux.namespaces.map(({ type }) => type).sort(), [
    'cgroup',
    'ipc',
    'mount',
    'network',
    'pid',
    'uts',
  ]);
  t.is(spec.linux.seccomp?.defaultAction, `default for ${DEFAULT_CAPABILITIES.length}`);
  t.true((spec.linux.maskedPaths ?? []).includes('/proc/kcore'));
  t.is(spec.linux.cgroupsPath, undefined);
  t.false(spec.process.noNewPrivileges);
});

test('the environment has PATH and HOSTNAME, TERM with a terminal, and the user wins', (t) => {
  t.deepEqual(build({}).process.env, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `HOSTNAME=${'c'.repeat(12)}`,
  ]);
  const spec = build({ Tty: true, Env: ['PATH=/mine', 'A=1', 'TERM'], Hostname: 'h' });
  t.deepEqual(spec.process.env, ['PATH=/mine', 'HOSTNAME=h', 'A=1']);
  t.true(spec.process.terminal);
});

test('the files of the engine are mounted over those of the image', (t) => {
  const spec = build({});
  for (const [destination, source] of [
    ['/etc/hosts', '/c/hosts'],
    ['/etc/hostname', '/c/hostname'],
    ['/etc/resolv.conf', '/c/resolv.conf'],
  ] as const) {
    t.like(mountAt(spec, destination), { source, type: 'bind', options: ['rbind', 'rprivate'] });
  }
});

test('a mount of the user replaces one of Docker at the same place', (t) => {
  const spec = host({ Binds: ['/mine:/etc/hosts', '/shm:/dev/shm:ro'] });
  t.is(spec.mounts.filter(({ destination }) => destination === '/etc/hosts').length, 1);
  t.is(mountAt(spec, '/etc/hosts')?.source, '/mine');
  t.deepEqual(mountAt(spec, '/dev/shm')?.options, ['rbind', 'rprivate', 'rro']);
});

test('what lies below comes after what it lies in', (t) => {
  const spec = host({ Binds: ['/x:/a/b/c', '/y:/a'], Tmpfs: { '/a/b': '' } });
  const places = spec.mounts.map(({ destination }) => destination).filter((place) => place.startsWith('/a'));
  t.deepEqual(places, ['/a', '/a/b', '/a/b/c']);
});

const PROPAGATIONS: [string[], string | undefined][] = [
  [['/a:/b'], undefined],
  [['/a:/b:rslave'], 'rslave'],
  [['/a:/b:rslave', '/c:/d:shared'], 'shared'],
];
for (const [Binds, expected] of PROPAGATIONS) {
  test(`the root is ${expected ?? 'private'} with ${Binds.join(' ')}`, (t) => {
    t.is(host({ Binds }).linux.rootfsPropagation, expected);
  });
}

const LIMITS: [string, NonNullable<CreateRequest['HostConfig']>, Record<string, unknown>][] = [
  ['-m', { Memory: 64 << 20 }, { memory: { limit: 64 << 20, swap: 128 << 20 } }],
  ['-m without swap', { Memory: 64 << 20, MemorySwap: -1 }, { memory: { limit: 64 << 20, swap: -1 } }],
  ['--cpus', { NanoCpus: 1_500_000_000 }, { cpu: { period: 100_000, quota: 150_000 } }],
  ['--cpu-quota', { CpuQuota: 5000, CpuPeriod: 10_000 }, { cpu: { period: 10_000, quota: 5000 } }],
  ['--cpuset-cpus and shares', { CpusetCpus: '0-1', CpuShares: 512 }, { cpu: { shares: 512, cpus: '0-1' } }],
  ['--pids-limit', { PidsLimit: 10 }, { pids: { limit: 10 } }],
  ['no --pids-limit', { PidsLimit: -1 }, { pids: undefined }],
  ['--memory-swappiness 0', { MemorySwappiness: 0 }, { memory: { swappiness: 0 } }],
  [
    '--device-read-bps',
    { BlkioDeviceReadBps: [{ Path: '/dev/sda', Rate: 9 }] },
    { blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 8, rate: 9 }] } },
  ],
];
for (const [what, hostConfig, expected] of LIMITS) {
  test(`limits: ${what}`, (t) => {
    const { resources } = host(hostConfig).linux;
    for (const [key, value] of Object.entries(expected)) {
      t.deepEqual(resources?.[key as keyof typeof resources], value as never);
    }
  });
}

test('no limits, no writes but the devices', (t) => {
  t.deepEqual(Object.keys(build({}).linux.resources ?? {}), ['devices']);
});

test('capabilities are added and dropped', (t) => {
  const bounding = host({ CapAdd: ['net_admin'], CapDrop: ['CAP_CHOWN'] }).process.capabilities?.bounding ?? [];
  t.true(bounding.includes('CAP_NET_ADMIN'));
  t.false(bounding.includes('CAP_CHOWN'));
  t.deepEqual(host({ CapDrop: ['ALL'] }).process.capabilities?.bounding, []);
});

test('a user that is not root has the bounding set alone', (t) => {
  const spec = build({}, { user: { uid: 33, gid: 33, additionalGids: [33, 50] } });
  t.deepEqual(spec.process.capabilities?.effective, []);
  t.deepEqual(spec.process.user, { uid: 33, gid: 33, additionalGids: [33, 50] });
});

test('privileged is everything, and nothing hidden', (t) => {
  const spec = host({ Privileged: true });
  t.deepEqual(spec.process.capabilities?.bounding, ALL);
  t.is(spec.linux.seccomp, undefined);
  t.deepEqual(spec.linux.maskedPaths, []);
  t.deepEqual(spec.linux.resources?.devices, [{ allow: true, access: 'rwm' }]);
  t.false(mountAt(spec, '/sys')?.options?.includes('ro'));
});

test('security options', (t) => {
  t.true(host({ SecurityOpt: ['no-new-privileges'] }).process.noNewPrivileges);
  t.false(host({ SecurityOpt: ['no-new-privileges:false'] }).process.noNewPrivileges);
  t.is(host({ SecurityOpt: ['seccomp=unconfined'] }).linux.seccomp, undefined);
  const profile = '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}';
  t.regex(host({ SecurityOpt: [`seccomp=${profile}`] }).linux.seccomp?.defaultAction ?? '', /object/);
  t.throws(() => host({ SecurityOpt: ['nonsense'] }), { message: 'invalid --security-opt 1: "nonsense"' });
  t.throws(() => host({ SecurityOpt: ['a=b'] }), { message: 'invalid --security-opt 2: "a=b"' });
});

test("namespaces of the host's are not made", (t) => {
  const spec = build(
    { HostConfig: { PidMode: 'host', IpcMode: 'host', UTSMode: 'host', CgroupnsMode: 'host' } },
    {
      network: 'host',
    },
  );
  t.deepEqual(spec.linux.namespaces, [{ type: 'mount' }]);
  t.is(spec.hostname, undefined);
  t.deepEqual(spec.linux.sysctl, {});
  t.is(mountAt(spec, '/dev/shm')?.type, 'bind');
});

test('the rest of the host configuration arrives', (t) => {
  const spec = build({
    WorkingDir: '/w',
    Domainname: 'd',
    HostConfig: {
      ReadonlyRootfs: true,
      ShmSize: 1024,
      Sysctls: { 'net.core.somaxconn': '9' },
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      CgroupParent: '/teaching',
      Init: true,
      OomScoreAdj: 5,
    },
  });
  t.true(spec.root.readonly);
  t.is(spec.process.cwd, '/w');
  t.is(spec.domainname, 'd');
  t.true(mountAt(spec, '/dev/shm')?.options?.includes('size=1024'));
  t.is(spec.linux.sysctl?.['net.core.somaxconn'], '9');
  t.deepEqual(spec.process.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 1, hard: 2 }]);
  t.is(spec.linux.cgroupsPath, `/teaching/${ID}`);
  t.is(spec.annotations?.['tsker.init'], 'true');
  t.is(spec.process.oomScoreAdj, 5);
  t.true(mountAt(spec, '/etc/hosts')?.options?.includes('ro'));
});

test('devices bring their rules', (t) => {
  const device = { path: '/dev/fuse', type: 'c', major: 10, minor: 229 } as const;
  const spec = build({ HostConfig: { DeviceCgroupRules: ['c 42:* rw'] } }, { devices: [{ device, access: 'rw' }] });
  t.deepEqual(spec.linux.devices, [device]);
  t.deepEqual(spec.linux.resources?.devices?.slice(-2), [
    { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
    { allow: true, type: 'c', major: 42, access: 'rw' },
  ]);
});
