// `features`: what this runtime knows, in the form of the specification's features.md.
import { capabilityNames } from '../runtime/capabilities.ts';
import { OCI_VERSION } from '../runtime/default-spec.ts';
import { MOUNT_OPTIONS } from '../runtime/mount-options.ts';
import { NAMESPACE_FLAGS } from '../runtime/plan/namespaces.ts';
import { SECCOMP_WORDS } from '../runtime/seccomp/rules.ts';
import { HOOK_POINTS } from './bundle.ts';
import { print } from './output.ts';

const KNOWN_CAPABILITIES = 2n ** 41n - 1n;

export async function features(): Promise<number> {
  const value = {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: HOOK_POINTS,
    mountOptions: MOUNT_OPTIONS,
    linux: {
      namespaces: Object.keys(NAMESPACE_FLAGS).sort(),
      capabilities: capabilityNames(KNOWN_CAPABILITIES),
      cgroup: { v1: true, v2: true, systemd: false, systemdUser: false },
      seccomp: { enabled: true, ...SECCOMP_WORDS },
      apparmor: { enabled: true },
      selinux: { enabled: false },
    },
    annotations: { 'org.opencontainers.runc.checkpoint.enabled': 'false' },
  };
  print(`${JSON.stringify(value, null, 4)}\n`);
  return 0;
}
