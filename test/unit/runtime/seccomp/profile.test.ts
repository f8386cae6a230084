import test from 'ava';
import { DEFAULT_CAPABILITIES } from '../../../../src/runtime/capabilities.ts';
import { DEFAULT_SECCOMP_PROFILE } from '../../../../src/runtime/seccomp/default-profile.ts';
import {
  kernelAtLeast,
  parseSeccompProfile,
  type ResolveContext,
  resolveProfile,
} from '../../../../src/runtime/seccomp/profile.ts';
import type { Seccomp, SeccompSyscall } from '../../../../src/runtime/spec.ts';

const CONTEXT: ResolveContext = {
  capabilities: DEFAULT_CAPABILITIES,
  architecture: 'amd64',
  kernelRelease: '6.1.0-9-amd64',
};

const rulesFor = (seccomp: Seccomp, name: string): SeccompSyscall[] =>
  (seccomp.syscalls ?? []).filter(({ names }) => names.includes(name));
const resolve = (changes: Partial<ResolveContext> = {}): Seccomp =>
  resolveProfile(DEFAULT_SECCOMP_PROFILE, { ...CONTEXT, ...changes });
const allowed = (seccomp: Seccomp, name: string): boolean =>
  rulesFor(seccomp, name).some(({ action, args }) => action === 'SCMP_ACT_ALLOW' && args === undefined);

test('the default profile answers EPERM to what it does not name, on every ABI of the machine', (t) => {
  const seccomp = resolve();
  t.is(seccomp.defaultAction, 'SCMP_ACT_ERRNO');
  t.is(seccomp.defaultErrnoRet, 1);
  t.deepEqual(seccomp.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']);
  t.deepEqual(resolve({ architecture: 'arm64' }).architectures, ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM']);
});

const ALLOWED = ['read', 'execve', 'futex', 'futex_time64', 'arch_prctl', 'modify_ldt', 'chroot', 'ptrace', 'openat2'];
const DENIED = [
  'mount',
  'umount2',
  'pivot_root',
  'unshare',
  'setns',
  'reboot',
  'init_module',
  'bpf',
  'keyctl',
  'add_key',
  'request_key',
  'kexec_load',
  'swapon',
  'open_by_handle_at',
  'perf_event_open',
  'io_uring_setup',
  'userfaultfd',
  'settimeofday',
  'acct',
];

test('what every program needs is allowed, what reaches the host is not', (t) => {
  const seccomp = resolve();
  t.deepEqual(
    ALLOWED.filter((name) => !allowed(seccomp, name)),
    [],
  );
  t.deepEqual(
    DENIED.filter((name) => rulesFor(seccomp, name).length > 0),
    [],
  );
});

test('no name is listed twice in the allow-list', (t) => {
  const names = resolve().syscalls?.[0]?.names ?? [];
  t.is(new Set(names).size, names.length);
  t.true(names.length > 330);
});

for (const [capability, names] of [
  ['CAP_SYS_ADMIN', ['mount', 'unshare', 'clone', 'clone3', 'setns']],
  ['CAP_DAC_READ_SEARCH', ['open_by_handle_at']],
  ['CAP_SYS_BOOT', ['reboot']],
  ['CAP_SYS_TIME', ['clock_settime']],
  ['CAP_BPF', ['bpf']],
  ['CAP_SYSLOG', ['syslog']],
] as const) {
  test(`${capability} opens ${names.join(', ')}`, (t) => {
    const seccomp = resolve({ capabilities: [capability] });
    t.deepEqual(
      names.filter((name) => !allowed(seccomp, name)),
      [],
    );
  });
}

test('without CAP_SYS_ADMIN clone makes no namespaces, and clone3 is as if it did not exist', (t) => {
  const seccomp = resolve();
  t.deepEqual(rulesFor(seccomp, 'clone'), [
    {
      names: ['clone'],
      action: 'SCMP_ACT_ALLOW',
      args: [{ index: 0, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
    },
  ]);
  t.deepEqual(rulesFor(seccomp, 'clone3'), [{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
});

test('ptrace is for kernels from 4.8 on', (t) => {
  t.false(allowed(resolve({ kernelRelease: '4.4.0' }), 'ptrace'));
  t.true(allowed(resolve({ kernelRelease: '4.4.0', capabilities: ['CAP_SYS_PTRACE'] }), 'ptrace'));
});

test('a socket to the hypervisor is the only one that is denied', (t) => {
  t.deepEqual(rulesFor(resolve(), 'socket')[0]?.args, [{ index: 0, value: 40, op: 'SCMP_CMP_NE' }]);
});

for (const [release, wanted, expected] of [
  ['6.1.0', '4.8', true],
  ['4.8.0', '4.8', true],
  ['4.10', '4.8', true],
  ['4.4.0-x', '4.8', false],
  ['3.10', '4.8', false],
] as const) {
  test(`kernel ${release} is ${expected ? '' : 'not '}at least ${wanted}`, (t) => {
    t.is(kernelAtLeast(release, wanted), expected);
  });
}

test("a user's profile is read in Docker's old and new spelling", (t) => {
  const profile = parseSeccompProfile(
    '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"syscalls":[{"name":"chmod","action":"SCMP_ACT_ERRNO"}]}',
  );
  t.deepEqual(resolveProfile(profile, CONTEXT), {
    defaultAction: 'SCMP_ACT_ALLOW',
    architectures: ['SCMP_ARCH_X86'],
    syscalls: [{ names: ['chmod'], action: 'SCMP_ACT_ERRNO' }],
  });
});

for (const [text, message] of [
  ['{', /not JSON/],
  ['[]', /no defaultAction/],
  ['null', /not an object/],
  ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":7}', /not a list/],
  ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{}]}', /no action/],
  ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"x","names":[1]}]}', /no names/],
  ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"x","name":"a","names":["b"]}]}', /both/],
] as const) {
  test(`refused as a profile: ${text}`, (t) => {
    t.throws(() => parseSeccompProfile(text), { message });
  });
}

test('a profile with two ways to say its architectures is refused', (t) => {
  const profile = { ...DEFAULT_SECCOMP_PROFILE, architectures: ['SCMP_ARCH_X86'] };
  t.throws(() => resolveProfile(profile, CONTEXT), { message: /both/ });
});
