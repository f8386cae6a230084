// The two bundles of the single file. The client is what starts at every command, so the daemon is no part of it: the
// client's `import('./daemon/main.ts')` becomes a small module that compiles the daemon's bundle from an asset.
import { dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');

const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
  // ESM dependencies (yargs) ask for import.meta.url; in the single file there is no file to name.
  define: { 'import.meta.url': '__tsker_url', 'import.meta.dirname': '__tsker_dirname' },
  banner: { js: 'const __tsker_url="file:///tsker/bundle.js",__tsker_dirname="/tsker";' },
};

/** Replaces the daemon behind the client's switch by the asset loader. */
const daemonFromAsset: Plugin = {
  name: 'daemon-from-asset',
  setup(api) {
    api.onResolve({ filter: /daemon\/main\.ts$/ }, (args) =>
      dirname(args.importer) === join(ROOT, 'src') ? { path: join(ROOT, 'scripts/package/load-daemon.ts') } : undefined,
    );
  },
};

/** Addons come from assets by process.dlopen (src/native/load.ts); what would require one by path stays outside. */
const addonsStayOutside: Plugin = {
  name: 'addons-stay-outside',
  setup(api) {
    api.onResolve({ filter: /\.node$/ }, (args) => ({ path: args.path, external: true }));
  },
};

export async function bundleClient(outfile: string): Promise<void> {
  await build({ ...COMMON, entryPoints: [join(ROOT, 'src/main.ts')], outfile, plugins: [daemonFromAsset] });
}

export async function bundleDaemon(outfile: string): Promise<void> {
  await build({ ...COMMON, entryPoints: [join(ROOT, 'src/daemon/main.ts')], outfile, plugins: [addonsStayOutside] });
}
