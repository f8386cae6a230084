// Options of run and create, by what the program inside finds: identity, devices, kernel parameters, mounts, confinement.
// Needs root.
import { existsSync } from 'node:fs';
import test from 'ava';
import type { ContainerInspect, CreateRequest } from '../../src/types/container.ts';
import type { HostConfig } from '../../src/types/container-config.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { create, inspect, logs, runToEnd, start, startWithBusybox } from './daemon.harness.ts';

/** A block device of this machine's. */
const DISK = ['loop0', 'vda', 'sda'].map((name) => `/dev/${name}`).find((path) => existsSync(path)) ?? '';
const suite = suiteOwner(test);
let daemon: Daemon;
test.before(async () => {
  daemon = await startWithBusybox(suite);
});

const message = (text: string): string => (JSON.parse(text) as { message: string }).message;
const sh = (script: string): readonly string[] => ['sh', '-c', script];
const CAPS = 'grep -E "Cap(Bnd|Eff)" /proc/self/status';
const DEFAULT = '00000000a80425fb';

interface Case {
  readonly script: string;
  readonly config?: CreateRequest;
  readonly host?: Partial<HostConfig>;
  readonly out: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  // Identity
  '-u with numbers': { config: { User: '1234:5678' }, script: 'id -u; id -g; id -G', out: /^1234\n5678\n5678\n$/ },
  '-u with a name': { config: { User: 'daemon' }, script: 'id -un; id -g', out: /^daemon\n1\n$/ },
  '-u with a user alone': { config: { User: '1234' }, script: 'id -u; id -g; echo $HOME', out: /^1234\n0\n\/\n$/ },
  '--group-add': { host: { GroupAdd: ['4321', 'daemon'] }, script: 'id -G', out: /^0 (10 )?1 4321\n$/ },
  '-w, made when it is missing': { config: { WorkingDir: '/new/dir' }, script: 'pwd', out: /^\/new\/dir\n$/ },
  '-h and --domainname': {
    config: { Hostname: 'box', Domainname: 'example.test' },
    script: 'hostname; cat /proc/sys/kernel/domainname; cat /etc/hostname; grep box /etc/hosts',
    out: /^box\nexample\.test\nbox\n.*\tbox\.example\.test box\n$/,
  },
  '--init': { host: { Init: true }, script: 'echo $$; head -c 30 /proc/1/cmdline', out: /^[^1]\d*\n.*/ },
  // Limits seen from inside
  '--oom-score-adj': { host: { OomScoreAdj: 500 }, script: 'cat /proc/self/oom_score_adj', out: /^500\n$/ },
  '--shm-size': { host: { ShmSize: 1 << 20 }, script: 'df -k /dev/shm | tail -1', out: /\s1024\s/ },
  '--sysctl': {
    host: { Sysctls: { 'net.ipv4.ip_forward': '1', 'kernel.shmmax': '12345' } },
    script: 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmax',
    out: /^1\n12345\n$/,
  },
  // Mounts
  '--tmpfs with options': {
    host: { Tmpfs: { '/t': 'size=64k,mode=0700,exec' } },
    script: 'grep " /t " /proc/mounts; stat -c %a /t; head -c 100000 /dev/zero >/t/x',
    out: /^tmpfs \/t tmpfs rw,nosuid,nodev,.*size=64k,mode=700.*\n700\n$/,
  },
  '--tmpfs takes the mode of the directory it covers': {
    host: { Tmpfs: { '/etc': '', '/tmp': '', '/fresh': '' } },
    script: 'stat -c %a /etc /tmp /fresh',
    out: /^755\n1777\n1777\n$/,
  },
  '--mount type=tmpfs': {
    host: { Mounts: [{ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 65536, Mode: 0o750 } }] },
    script: 'grep " /t " /proc/mounts; stat -c %a /t',
    out: /size=64k,mode=750.*\n750\n$/,
  },
  '--read-only': {
    host: { ReadonlyRootfs: true, Tmpfs: { '/run': '' } },
    script: 'touch /x || echo sealed; touch /etc/hosts || echo sealed; touch /run/x && touch /dev/shm/x && echo open',
    out: /^sealed\nsealed\nopen\n$/,
  },
  // Confinement
  'the capabilities of Docker': { script: CAPS, out: new RegExp(`CapEff:\t${DEFAULT}\nCapBnd:\t${DEFAULT}`) },
  '--cap-add': { host: { CapAdd: ['NET_ADMIN'] }, script: CAPS, out: /CapEff:\t00000000a80435fb/ },
  '--cap-drop': { host: { CapDrop: ['CAP_CHOWN'] }, script: CAPS, out: /CapBnd:\t00000000a80425fa/ },
  '--cap-drop ALL': { host: { CapDrop: ['ALL'] }, script: CAPS, out: /CapEff:\t0{16}\nCapBnd:\t0{16}/ },
  '--cap-drop ALL --cap-add': {
    host: { CapDrop: ['all'], CapAdd: ['chown'] },
    script: CAPS,
    out: /CapEff:\t0{15}1\nCapBnd:\t0{15}1/,
  },
  '--cap-add ALL --cap-drop': {
    host: { CapAdd: ['ALL'], CapDrop: ['SYS_ADMIN'] },
    script: `${CAPS}; mount -t tmpfs x /tmp 2>&1`,
    out: /CapBnd:\t\w+dfffff\n.*(denied|permitted)/,
  },
  'capabilities of another user are the bounding set alone': {
    config: { User: '1000' },
    script: CAPS,
    out: new RegExp(`CapEff:\t0{16}\nCapBnd:\t${DEFAULT}`),
  },
  '--security-opt no-new-privileges': {
    host: { SecurityOpt: ['no-new-privileges:true'] },
    script: 'grep NoNewPrivs /proc/self/status',
    out: /\t1\n$/,
  },
  'seccomp is on': {
    script: 'grep -E "^Seccomp:" /proc/self/status; unshare -U true 2>&1',
    out: /^Seccomp:\t2\n.*permitted/,
  },
  '--security-opt seccomp=unconfined': {
    host: { SecurityOpt: ['seccomp=unconfined'] },
    script: 'grep -E "^Seccomp:" /proc/self/status',
    out: /^Seccomp:\t0\n$/,
  },
  '--security-opt seccomp=profile': {
    host: {
      SecurityOpt: [
        `seccomp=${JSON.stringify({
          defaultAction: 'SCMP_ACT_ALLOW',
          syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 95 }],
        })}`,
      ],
    },
    script: 'mkdir /x 2>&1; touch /y && echo fine',
    out: /not supported\nfine\n$/,
  },
  '--security-opt label and apparmor=unconfined, where the kernel has neither': {
    host: { SecurityOpt: ['label=disable', 'label=type:x', 'apparmor=unconfined'] },
    script: 'echo runs',
    out: /^runs\n$/,
  },
  'masked and read-only paths': {
    script:
      'find /proc -maxdepth 1 -type c | wc -l; ls /sys/firmware | wc -l; echo 1 >/proc/sys/kernel/panic || echo sealed',
    out: /^[1-9]\d*\n0\nsealed\n$/,
  },
  '--security-opt systempaths=unconfined': {
    host: { MaskedPaths: [], ReadonlyPaths: [] },
    script: 'grep -c -E " /proc/(kcore|sys|bus) " /proc/mounts',
    out: /^0\n$/,
  },
  '--privileged': {
    host: { Privileged: true },
    script:
      'grep -E "^Seccomp:" /proc/self/status; test -c /dev/kmsg && echo devices; mount -t tmpfs x /tmp && echo mounts; grep " /sys " /proc/mounts',
    out: /^Seccomp:\t0\ndevices\nmounts\nsysfs \/sys sysfs rw,/,
  },
  // Devices
  'a device that was not given cannot be used': {
    script: 'mknod /tmp/d b 7 0 && (head -c 1 /tmp/d 2>&1; true)',
    out: /not permitted/,
  },
  '--device': {
    host: { Devices: [{ PathOnHost: DISK, PathInContainer: '/dev/sub/mine', CgroupPermissions: 'rwm' }] },
    script: 'test -b /dev/sub/mine && (head -c 1 /dev/sub/mine >/dev/null && echo read)',
    out: /^read\n$/,
  },
  '--device with fewer permissions': {
    host: { Devices: [{ PathOnHost: DISK, PathInContainer: '/dev/mine', CgroupPermissions: 'r' }] },
    script: 'head -c 1 /dev/mine >/dev/null && echo read; (: >>/dev/mine) 2>&1; mknod /tmp/d b 7 0 && echo made',
    out: /^read\n.*not permitted\nmade\n$/,
  },
  '--device-cgroup-rule': {
    host: { DeviceCgroupRules: ['b 7:* r'] },
    script: 'mknod /tmp/d b 7 1 && head -c 1 /tmp/d >/dev/null && echo read; (: >>/tmp/d) 2>&1',
    out: /^read\n.*not permitted/,
  },
  '--cgroupns private': {
    host: { CgroupnsMode: 'private' },
    script: 'grep -vc ":/$" /proc/self/cgroup',
    out: /^0\n$/,
  },
  '--cgroupns host': {
    host: { CgroupnsMode: 'host' },
    script: 'grep -c "/tsker/" /proc/self/cgroup',
    out: /^[1-9]\d*\n$/,
  },
};

for (const [title, { script, config, host, out }] of Object.entries(CASES)) {
  test(title, async (t) => {
    const { id } = await runToEnd(daemon, { ...config, Cmd: sh(script), HostConfig: host });
    const output = await logs(daemon, id);
    t.regex(output.out, out, output.err);
    await daemon.api('DELETE', `/containers/${id}`);
  });
}

const REFUSED: Readonly<Record<string, readonly [Partial<HostConfig>, RegExp]>> = {
  'a sysctl of the host': [
    { Sysctls: { 'kernel.panic': '1' } },
    /sysctl "kernel\.panic" is not in a separate kernel namespace/,
  ],
  'a network sysctl with the network of the host': [
    { NetworkMode: 'host', Sysctls: { 'net.ipv4.ip_forward': '1' } },
    /sysctl "net\.ipv4\.ip_forward" not allowed in host network namespace/,
  ],
  'a device that is not there': [
    { Devices: [{ PathOnHost: '/dev/nothing', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }] },
    /error gathering device information while adding custom device "\/dev\/nothing": no such file or directory/,
  ],
  'a soft limit above the hard one': [
    { Ulimits: [{ Name: 'nofile', Soft: 20, Hard: 10 }] },
    /ulimit soft limit must be less than or equal to hard limit: 20 > 10/,
  ],
  'a group that nobody has': [
    { GroupAdd: ['nosuch'] },
    /Unable to find group nosuch: no matching entries in group file/,
  ],
};
for (const [title, [HostConfig, expected]] of Object.entries(REFUSED)) {
  test(`refused at the start: ${title}`, async (t) => {
    const id = await create(daemon, { Cmd: ['true'], HostConfig });
    const answer = await daemon.api('POST', `/containers/${id}/start`);
    t.is(answer.status, 400);
    t.regex(message(answer.text), expected);
    const { State } = await inspect<ContainerInspect>(daemon, id);
    t.like(State, { Status: 'created', ExitCode: 128 });
    t.regex(State.Error, expected);
  });
}

test('--annotation and --stop-signal', async (t) => {
  const id = await start(daemon, {
    Cmd: sh('trap "exit 6" USR2; while :; do sleep 0.05; done'),
    StopSignal: 'SIGUSR2',
    HostConfig: { Annotations: { 'org.example': 'x' }, Init: false },
  });
  t.deepEqual((await inspect<ContainerInspect>(daemon, id)).HostConfig.Annotations, { 'org.example': 'x' });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await daemon.api('POST', `/containers/${id}/stop?t=5`);
  t.is((await inspect<ContainerInspect>(daemon, id)).State.ExitCode, 6);
});
