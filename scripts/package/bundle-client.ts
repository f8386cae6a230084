// The client's bundle, which is what starts at every command. So the daemon, containerd, the runtime command and the lessons are no part of it: what imports them
// becomes a module that compiles their bundle from an asset. And it is two scripts: what few commands need is the second.
import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, type Metafile, type Plugin, transform } from 'esbuild';
import { COMMON, ROOT, URL_BANNER } from './bundle.ts';
import { type Chunk, exportChunks, joinChunks } from './chunks.ts';
import { wrapBundle } from './wrap.ts';

/** Replaces the daemon and the runtime command behind the client's switch by asset loaders. */
const othersFromAssets: Plugin = {
  name: 'others-from-assets',
  setup(api) {
    api.onResolve({ filter: /(containerd|daemon|runc)\/main\.ts$/ }, ({ importer, path }) =>
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

/** Where the start of the commands begins that are started most often, and of help. */
const OFTEN = [
  'src/main.ts',
  'src/cli/main.ts',
  'src/cli/io.ts',
  'src/cli/help.ts',
  'src/client/client.ts',
  'src/cli/commands/ps.ts',
  'src/cli/commands/version.ts',
  'scripts/package/load-containerd.ts',
  'scripts/package/load-daemon.ts',
  'scripts/package/load-runc.ts',
];

/** In chunks, so that a command's start does not grow with the number of commands: those of OFTEN, and `rest`. */
export async function bundleClient(outfile: string, rest: string): Promise<void> {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    absWorkingDir: ROOT,
    format: 'esm',
    splitting: true,
    metafile: true,
    banner: {},
    entryPoints: [join(ROOT, 'src/main.ts')],
    outdir: dirname(outfile),
    write: false,
    plugins: [othersFromAssets, demoFromAsset, helpFromAssets, plainWidths],
  });
  const often = neededBy(OFTEN, metafile);
  const chunks = await Promise.all(
    outputFiles.map(async ({ path, text }): Promise<Chunk> => ({ name: basename(path), text: await toCommonJs(text) })),
  );
  const { needed = [], other = [] } = Object.groupBy(chunks, ({ name }) => (often.has(name) ? 'needed' : 'other'));
  writeFileSync(outfile, wrapBundle(`${URL_BANNER}${joinChunks(needed, 'main.js')}`));
  writeFileSync(rest, wrapBundle(`${URL_BANNER}${exportChunks(other)}`));
}

/** Names of the chunks that run when those modules are imported. */
function neededBy(modules: readonly string[], { outputs }: Metafile): Set<string> {
  const entries = new Map(Object.entries(outputs).map(([path, { entryPoint }]) => [entryPoint, path]));
  const found = new Set<string>();
  const add = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: next, kind, external } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) add(next);
    }
  };
  for (const module of modules) {
    const path = entries.get(module);
    if (path === undefined) throw new Error(`${module} is no entry of a chunk`);
    add(path);
  }
  return new Set([...found].map((path) => basename(path)));
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
