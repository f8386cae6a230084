// The bundles of the single file: its entry, the client, the daemon, the runtime command, the lessons. The client is what starts at
// every command, so the others are no part of it: what imports them becomes a module that compiles their bundle from an asset.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin, transform } from 'esbuild';
import { ASSETS } from '../../src/demo/web/assets.ts';
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

/** Replaces the daemon and the runtime command behind the client's switch by asset loaders. */
const othersFromAssets: Plugin = {
  name: 'others-from-assets',
  setup(api) {
    api.onResolve({ filter: /(daemon|runc)\/main\.ts$/ }, ({ importer, path }) =>
      dirname(importer) === join(ROOT, 'src')
        ? { path: join(ROOT, `scripts/package/load-${basename(dirname(path))}.ts`) }
        : undefined,
    );
  },
};

/** Replaces the lessons behind their command likewise. */
const demoFromAsset: Plugin = {
  name: 'demo-from-asset',
  setup(api) {
    api.onResolve({ filter: /\/demo\/main\.ts$/ }, (args) =>
      dirname(args.importer) === join(ROOT, 'src/cli/commands')
        ? { path: join(ROOT, 'scripts/package/load-demo.ts') }
        : undefined,
    );
  },
};

/** The page of the lessons: its files as text in the place of what reads them from beside the source. */
const pageFromText: Plugin = {
  name: 'page-from-text',
  setup(api) {
    const directory = join(ROOT, 'src/demo/web');
    api.onLoad({ filter: /\/src\/demo\/web\/assets\.ts$/ }, () => {
      const files = ASSETS.map((name) => [name, readFileSync(join(directory, 'page', name), 'utf8')]);
      const text = JSON.stringify(Object.fromEntries(files));
      return { contents: `const FILES=${text};export const readAsset=(name)=>FILES[name];`, loader: 'js' };
    });
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
    plugins: [othersFromAssets, demoFromAsset, helpFromAssets, plainWidths],
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
  await bundleWhole('src/daemon/main.ts', outfile, [addonsStayOutside]);
}

export async function bundleRunc(outfile: string): Promise<void> {
  await bundleWhole('src/runc/main.ts', outfile, [addonsStayOutside]);
}

export async function bundleDemo(outfile: string): Promise<void> {
  await bundleWhole('src/demo/main.ts', outfile, [pageFromText]);
}

async function bundleWhole(entry: string, outfile: string, plugins: Plugin[]): Promise<void> {
  const { outputFiles } = await build({ ...COMMON, entryPoints: [join(ROOT, entry)], outfile, write: false, plugins });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error(`esbuild made no bundle of ${entry}`);
  writeFileSync(outfile, wrapBundle(bundle.text));
}
