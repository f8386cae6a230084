// The bundles of the single file that are one script each: its entry, the daemon, containerd, the runtime command, the lessons. The client's:
// bundle-client.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { ASSETS } from '../../src/demo/web/assets.ts';
import { wrapBundle } from './wrap.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

export const URL_BANNER = 'const __tsker_url="file:///tsker/bundle.js",__tsker_dirname="/tsker";';

export const COMMON = {
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

export async function bundleEntry(outfile: string): Promise<void> {
  await build({ ...COMMON, banner: {}, entryPoints: [join(ROOT, 'scripts/package/load-client.ts')], outfile });
}

export async function bundleDaemon(outfile: string): Promise<void> {
  await bundleWhole('src/daemon/main.ts', outfile, [addonsStayOutside]);
}

export async function bundleRunc(outfile: string): Promise<void> {
  await bundleWhole('src/runc/main.ts', outfile, [addonsStayOutside]);
}

export async function bundleContainerd(outfile: string): Promise<void> {
  await bundleWhole('src/containerd/main.ts', outfile, [addonsStayOutside]);
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
