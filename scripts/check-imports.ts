// Fails when a module imports against the directions of DESIGN.md: one row a folder, naming what it may import.
// Type-only imports of interface files obey the same table; what everything may use is in COMMON.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SRC = resolve(import.meta.dirname, '../src');

/** Leaf folders that everything may use. */
const COMMON = ['store', 'types', 'util'];

/** Folder → folders it may import, besides itself and COMMON. `main.ts` is the switch between client and daemon. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['cli', 'daemon', 'runc', 'containerd', 'ctr'],
  // Of the builder only the pure matcher of .dockerignore, which daemon and client must agree about.
  cli: ['client', 'builder/ignore', 'demo'],
  client: [],
  // Lessons are clients of engines that they start as processes: nothing of an engine is theirs to call.
  demo: ['client', 'containerd/client.ts'],
  types: [],
  util: [],
  // The ledger keeps operations of the launch plan as data.
  store: ['native'],
  native: [],
  graphdriver: ['native'],
  layer: ['graphdriver', 'native'],
  image: ['layer', 'graphdriver', 'registry', 'native'],
  registry: ['layer', 'image', 'native'],
  // A root file system is described by the graphdriver's RootfsMount.
  runtime: ['native', 'graphdriver'],
  // The runtime as a command line of its own: nothing of the engine.
  runc: ['runtime', 'native'],
  network: ['native', 'runtime', 'plugin'],
  volume: ['native', 'plugin'],
  plugin: [],
  // A process of its own, in the split architecture; who speaks to it uses its client.
  containerd: ['native'],
  ctr: ['containerd/client.ts'],
  // A consumer declares the interface it needs in its own folder; image/ and registry/ give it pure parsers.
  builder: ['image', 'registry', 'native'],
  api: ['image', 'registry'],
  daemon: [
    'api',
    'builder',
    'containerd/client.ts',
    'runtime',
    'network',
    'volume',
    'plugin',
    'registry',
    'image',
    'layer',
    'graphdriver',
    'native',
  ],
};

/** Common folders may import each other only downwards: util imports nothing of the project. */
const LEAVES: Readonly<Record<string, readonly string[]>> = { util: [], types: ['util'] };

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

/** The top-level folder of a file below src, or its name when it stands there itself. */
function areaOf(path: string): string {
  return relative(SRC, path).split('/')[0] ?? '';
}

/** A row may name a folder of a folder. */
function isIn(path: string, folder: string): boolean {
  const inside = relative(SRC, path);
  return inside === folder || inside.startsWith(`${folder}/`);
}

const failures: string[] = [];
const files = sourceFiles(SRC);
for (const file of files) {
  const area = areaOf(file);
  const allowed = LEAVES[area] ?? [...COMMON, ...(MAY_IMPORT[area] ?? [])];
  if (MAY_IMPORT[area] === undefined) failures.push(`src/${area}: not a folder of DESIGN.md`);
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const imported = resolve(dirname(file), match[1] ?? '');
    const target = areaOf(imported);
    if (target === area || allowed.some((folder) => isIn(imported, folder))) continue;
    failures.push(`${relative(dirname(SRC), file)}: ${area} must not import ${target} (${match[1]})`);
  }
}

if (files.length === 0) failures.push('no source files were found: the check would pass on nothing');
for (const failure of failures) console.error(failure);
console.log(`imports: ${files.length} files, ${failures.length} against the directions`);
process.exitCode = failures.length === 0 ? 0 : 1;
