import test from 'ava';
import { type BundleFacts, bundleSpec } from '../../../../src/daemon/split/bundle.ts';
import { RLIMITS } from '../../../../src/native/linux.ts';
import { defaultLinux, OCI_VERSION, processCapabilities } from '../../../../src/runtime/default-spec.ts';
import type { Process, Spec } from '../../../../src/runtime/spec.ts';

const facts: BundleFacts = {
  host: { hardLimits: new Map([[RLIMITS['RLIMIT_NOFILE'] ?? 7, 100n]]), capabilities: 1n, oomScoreAdj: 0 },
  mayRaise: false,
  apparmor: false,
  warn: () => undefined,
};
const specOf = (process: Partial<Process> = {}, more: Partial<Spec> = {}): Spec => ({
  ociVersion: OCI_VERSION,
  root: { path: '', readonly: true },
  process: { user: { uid: 0, gid: 0 }, args: ['true'], env: [], cwd: '/', ...process },
  mounts: [],
  linux: defaultLinux(),
  ...more,
});
const request = { root: '/root', cgroup: '/tsker/abc', terminal: false, size: undefined, init: undefined };

test('root, cgroup and terminal are filled in', (t) => {
  const spec = bundleSpec({ ...request, spec: specOf(), terminal: true, size: { rows: 24, columns: 80 } }, facts);
  t.deepEqual(spec.root, { path: '/root', readonly: true });
  t.is(spec.linux.cgroupsPath, '/tsker/abc');
  t.like(spec.process, { terminal: true, consoleSize: { height: 24, width: 80 } });
});

test('what the host cannot give is not asked of a runtime, which would refuse it', (t) => {
  const { process } = bundleSpec(
    {
      ...request,
      spec: specOf({
        rlimits: [{ type: 'RLIMIT_NOFILE', soft: 50, hard: 200 }],
        capabilities: processCapabilities(0, ['CAP_CHOWN', 'CAP_SYS_ADMIN']),
        oomScoreAdj: -500,
        apparmorProfile: 'unconfined',
      }),
    },
    facts,
  );
  t.deepEqual(process.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 50, hard: 100 }]);
  t.deepEqual(process.capabilities?.bounding, ['CAP_CHOWN']);
  t.is(process.oomScoreAdj, undefined);
  t.is(process.apparmorProfile, undefined);
});

test('with --init the program is the child of ours, where the runtime has none', (t) => {
  const spec = specOf({}, { annotations: { 'tsker.init': 'true' } });
  const bound = bundleSpec({ ...request, spec, init: '/native/tsker-shim' }, facts);
  t.deepEqual(bound.process.args, ['/sbin/docker-init', '-init', '--', 'true']);
  t.like(bound.mounts.at(-1), { destination: '/sbin/docker-init', source: '/native/tsker-shim' });
  t.deepEqual(bundleSpec({ ...request, spec }, facts).process.args, ['true']);
});
