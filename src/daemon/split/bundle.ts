// A spec as any OCI runtime understands it: the daemon's own, completed with its root and its cgroup, and cut to what this host lets
// a runtime give (where ours warns, others refuse). Pure.
import { capabilityNames } from '../../runtime/capabilities.ts';
import type { HostFacts } from '../../runtime/inprocess/host-facts.ts';
import { effectiveRlimits } from '../../runtime/inprocess/host-facts.ts';
import { INIT_ANNOTATION } from '../../runtime/plan/start.ts';
import { checkSysctls } from '../../runtime/plan/sysctl.ts';
import type { Capabilities, Process, Spec } from '../../runtime/spec.ts';

export interface BundleFacts {
  readonly host: HostFacts;
  /** CAP_SYS_RESOURCE. */
  readonly mayRaise: boolean;
  readonly apparmor: boolean;
  readonly warn: (message: string) => void;
}

export interface BundleRequest {
  readonly spec: Spec;
  /** Absolute. */
  readonly root: string;
  /** Absolute, from the root of a hierarchy. */
  readonly cgroup: string;
  readonly terminal: boolean;
  readonly size: { readonly rows: number; readonly columns: number } | undefined;
  /** Our init on the host, for a runtime that does not know our annotation. */
  readonly init: string | undefined;
}

/** Where it is in the container; Docker's place for its own. */
const INIT_PATH = '/sbin/docker-init';

/** Throws `invalid` for what the monolith refuses. */
export function bundleSpec(request: BundleRequest, facts: BundleFacts): Spec {
  const { root, cgroup, terminal, size } = request;
  const spec = withInit(request);
  checkSysctls(spec);
  const userNamespace = spec.linux.namespaces.some(({ type }) => type === 'user');
  return {
    ...spec,
    root: { ...spec.root, path: root },
    process: processSpec({ process: spec.process, terminal, size, userNamespace }, facts),
    linux: { ...spec.linux, cgroupsPath: cgroup },
  };
}

/** `--init`: bound into the container as process 1, the program its child. */
function withInit({ spec, init }: BundleRequest): Spec {
  if (init === undefined || spec.annotations?.[INIT_ANNOTATION] !== 'true') return spec;
  const mount = { destination: INIT_PATH, type: 'bind', source: init, options: ['bind', 'ro'] };
  const args = [INIT_PATH, '-init', '--', ...spec.process.args];
  return { ...spec, mounts: [...spec.mounts, mount], process: { ...spec.process, args } };
}

export interface ProcessRequest extends Pick<BundleRequest, 'terminal' | 'size'> {
  readonly process: Process;
  /** A new one starts with all capabilities. */
  readonly userNamespace: boolean;
}

export function processSpec({ process, terminal, size, userNamespace }: ProcessRequest, facts: BundleFacts): Process {
  const { consoleSize: _, apparmorProfile, selinuxLabel, oomScoreAdj, rlimits, capabilities, ...rest } = process;
  const { host, mayRaise, apparmor, warn } = facts;
  const limits = effectiveRlimits(rlimits ?? [], { hardLimits: host.hardLimits, mayRaise, warn });
  const lowers = oomScoreAdj !== undefined && oomScoreAdj < host.oomScoreAdj;
  return {
    ...rest,
    terminal,
    ...(size === undefined || size.rows === 0 ? {} : { consoleSize: { height: size.rows, width: size.columns } }),
    ...(selinuxLabel === undefined || selinuxLabel === '' ? {} : { selinuxLabel }),
    ...(apparmor && apparmorProfile !== undefined ? { apparmorProfile } : {}),
    ...(oomScoreAdj === undefined || (lowers && !mayRaise) ? {} : { oomScoreAdj }),
    rlimits: limits.map(({ soft, hard }, index) => ({
      type: rlimits?.[index]?.type ?? '',
      soft: Number(soft),
      hard: Number(hard),
    })),
    ...(capabilities === undefined
      ? {}
      : { capabilities: userNamespace ? capabilities : givenOf(capabilities, host.capabilities) }),
  };
}

/** Those that we have to give. */
function givenOf(wanted: Capabilities, available: bigint): Capabilities {
  const names = new Set(capabilityNames(available));
  const given = Object.entries(wanted).map(([set, list]: [string, readonly string[] | undefined]) => [
    set,
    (list ?? []).filter((name) => names.has(name)),
  ]);
  return Object.fromEntries(given) as Capabilities;
}
