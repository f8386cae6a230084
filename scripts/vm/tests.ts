// Which integration tests the virtual machine runs: those whose subject is what the engine does with the kernel. What does not
// run there has its reason here; a new file runs unless it is given one.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const DIRECTORY = 'test/integration';

const EXCLUDED: readonly (readonly [names: RegExp, reason: string])[] = [
  [/^(pull|push|registry|load|bad-input)(-.*)?$/, 'needs a registry; nothing of it is the kernel'],
  [
    /^(.*-)?agreement$|^(archive|exec)-docker$/,
    "compares with Docker's engine or command line, which the guest has not",
  ],
  [/^docker-cli|^disk-usage$|^helpers$|^debian$/, "uses Docker's command line, its engine or a registry"],
  [/^(commit|save|layer-debian)$/, 'needs skopeo or umoci, which the guest has not'],
  [/^(install|quickstart|single-file)$/, 'needs what dist/tsker is built with'],
  [/^servers$/, "needs debootstrap's image of Debian's servers, which the guest cannot make"],
  [/^runc-(docker|podman)$/, "needs Docker's engine or podman, which the guest has not"],
  [/^build(er)?(-.*)?$/, 'needs what the builder is compared with; its containers are those of the other tests'],
  [/^layer-btrfs$/, 'needs mkfs.btrfs, which the guest has not'],
  [
    /^(network|ports)(-.*)?$/,
    'needs ip, nft and namespaces of the host to look at; the bridge is used by the other tests',
  ],
  [/^lifecycle-stress$/, 'two hundred containers at once, ten times over, take an hour under emulation'],
  // Emulation makes these dear: their subject is user-space, the same on every kernel.
  [/^(cli|client|attach|plugin|metrics|swarm|compose|demo|api)(-.*)?$/, 'the API and the command line'],
  [/^(archive|import|layer-(tar|vfs|crash|limits|overlay-naive)|disk-garbage)$/, 'archives and layers'],
  [/^(logging(-syslog)?|native-(jobs|pump)|port-proxy)$/, 'threads of the native library'],
  [/^(daemon|nested|volume-crash)$/, 'many daemons'],
];
/** Excluded by its like above, and a verb of a container all the same. */
const INCLUDED = new Set(['cli-top']);

/** Those that each run of the test command has time for: where cgroup v2, this kernel or a bare host make a difference. */
export const CORE: readonly string[] = [
  'exec',
  'init-layer',
  'layer-devicemapper',
  'limits',
  'mounts',
  'namespaces',
  'options',
  'pause',
  'recovery',
  'runtime',
  'security',
  'stats',
  'update',
].map((name) => `${DIRECTORY}/${name}.test.ts`);

/** Paths of all tests that can run, in the order of their names. */
export function guestTests(root: string): string[] {
  return readdirSync(join(root, DIRECTORY))
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => basename(file, '.test.ts'))
    .filter((name) => INCLUDED.has(name) || !EXCLUDED.some(([names]) => names.test(name)))
    .map((name) => `${DIRECTORY}/${name}.test.ts`);
}
