import test from 'ava';
import { sysctlOps } from '../../../../src/runtime/plan/sysctl.ts';
import { makeSpec } from './facts.ts';

for (const [name, path] of [
  ['net.ipv4.ip_forward', '/proc/sys/net/ipv4/ip_forward'],
  ['net/ipv4/ip_forward', '/proc/sys/net/ipv4/ip_forward'],
  ['kernel.shmmax', '/proc/sys/kernel/shmmax'],
  ['fs.mqueue.msg_max', '/proc/sys/fs/mqueue/msg_max'],
] as const) {
  test(`the sysctl ${name} is written inside the root`, (t) => {
    t.deepEqual(sysctlOps(makeSpec({ linux: { sysctl: { [name]: '1' } } })), [
      { op: 'WRITE', path, data: '1', inRoot: true },
    ]);
  });
}

for (const [name, message] of [
  ['kernel.core_pattern', /not in a separate kernel namespace/],
  ['vm.overcommit_memory', /not in a separate kernel namespace/],
  ['net.ipv4.../../kernel/core_pattern', /invalid sysctl/],
  ['net.ipv4.x y', /invalid sysctl/],
  ['net', /invalid sysctl/],
] as const) {
  test(`the sysctl ${name} is refused`, (t) => {
    t.throws(() => sysctlOps(makeSpec({ linux: { sysctl: { [name]: '1' } } })), { message });
  });
}

test("a sysctl of a namespace that is the host's is refused", (t) => {
  const spec = makeSpec({ linux: { namespaces: [{ type: 'mount' }], sysctl: { 'net.ipv4.ip_forward': '1' } } });
  t.throws(() => sysctlOps(spec), { message: /not allowed in host network namespace/ });
});
