// The bundles of the single file: its entry, the client, the daemon. The client is what starts at every command, so the
// daemon is no part of it: its `import('./daemon/main.ts')` becomes a module that compiles the daemon's bundle from an asset.
import { writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import { type Chunk, joinChunks } from './chunks.ts';
import { wrapBundle } from './wrap.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const URL_BANNER = 'const __tsker_url="file:///tsker/bundle.js",__tsker_dirname="/tsker";';

const COMMON = {
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
  banner: { js: URL_BANNER },
} satisfies BuildOptions;

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

const helpFromAssets: Plugin = {
  name: 'help-from-assets',
  setup(api) {
    api.onResolve({ filter: /\/rendered-help\.ts$/ }, () => ({ path: join(ROOT, 'scripts/package/load-help.ts') }));
  },
};

/** See string-width.ts. */
const plainWidths: Plugin = {
  name: 'plain-widths',
  setup(api) {
    api.onResolve({ filter: /^string-width$/ }, () => ({ path: join(ROOT, 'scripts/package/string-width.ts') }));
  },
};

export async function bundleEntry(outfile: string): Promise<void> {
  await build({ ...COMMON, banner: {}, entryPoints: [join(ROOT, 'scripts/package/load-client.ts')], outfile });
}

/** In chunks, so that a command's start does not grow with the number of commands. */
export async function bundleClient(outfile: string): Promise<void> {
  const { outputFiles } = await build({
    ...COMMON,
    format: 'esm',
    splitting: true,
    banner: {},
    entryPoints: [join(ROOT, 'src/main.ts')],
    outdir: dirname(outfile),
    write: false,
    plugins: [daemonFromAsset, helpFromAssets, plainWidths],
  });
  const chunks = outputFiles.map(
    async ({ path, text }): Promise<Chunk> => ({ name: basename(path), text: await toCommonJs(text) }),
  );
  writeFileSync(outfile, wrapBundle(`${URL_BANNER}${joinChunks(await Promise.all(chunks), 'main.js')}`));
}

async function toCommonJs(text: string): Promise<string> {
  const { code } = await transform(text.replace(/^#!.*\n/, ''), {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    // import() of a chunk becomes require().
    supported: { 'dynamic-import': false },
  });
  return code;
}

export async function bundleDaemon(outfile: string): Promise<void> {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [join(ROOT, 'src/daemon/main.ts')],
    outfile,
    write: false,
    plugins: [addonsStayOutside],
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('esbuild made no bundle of the daemon');
  writeFileSync(outfile, wrapBundle(bundle.text));
}
