import test from 'ava';
import { MAX_MANIFEST, parseManifest } from '../../../src/registry/manifest.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../../src/registry/media-types.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const CONFIG = { mediaType: 'application/vnd.docker.container.image.v1+json', digest: DIGEST, size: 10 };
const LAYER = { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', digest: DIGEST, size: 20 };
const IMAGE = { schemaVersion: 2, mediaType: DOCKER_MANIFEST, config: CONFIG, layers: [LAYER] };
const ENTRY = { mediaType: OCI_MANIFEST, digest: DIGEST, size: 3, platform: { os: 'linux', architecture: 'amd64' } };

test('an image manifest is read', (t) => {
  const manifest = parseManifest(json(IMAGE), DOCKER_MANIFEST);
  t.is(manifest.kind, 'image');
  t.is(manifest.kind === 'image' ? manifest.layers[0]?.size : undefined, 20);
});

test('a manifest without a media type of its own is told by the answer, or by its fields', (t) => {
  const { mediaType: _, ...bare } = IMAGE;
  t.is(parseManifest(json(bare), OCI_MANIFEST).kind, 'image');
  t.is(parseManifest(json(bare), '').kind, 'image');
  t.is(parseManifest(json({ schemaVersion: 2, manifests: [] }), 'application/json').kind, 'index');
});

for (const type of [DOCKER_INDEX, OCI_INDEX]) {
  test(`an index of type ${type} is read with its platforms`, (t) => {
    const index = parseManifest(json({ schemaVersion: 2, mediaType: type, manifests: [ENTRY] }), type);
    t.deepEqual(index.kind === 'index' ? index.manifests[0]?.platform : undefined, ENTRY.platform);
  });
}

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ['not JSON', Buffer.from('{'), 'corrupt'],
  ['a list', [], 'corrupt'],
  ['null', null, 'corrupt'],
  ['schema 1', { schemaVersion: 1, fsLayers: [] }, 'unsupported'],
  [
    'schema 1 by type',
    { ...IMAGE, mediaType: 'application/vnd.docker.distribution.manifest.v1+prettyjws' },
    'unsupported',
  ],
  ['schema 3', { ...IMAGE, schemaVersion: 3 }, 'corrupt'],
  ['no configuration', { ...IMAGE, config: undefined }, 'corrupt'],
  ['layers that are no list', { ...IMAGE, layers: {} }, 'corrupt'],
  ['a layer that is a string', { ...IMAGE, layers: ['x'] }, 'corrupt'],
  ['a negative size', { ...IMAGE, layers: [{ ...LAYER, size: -1 }] }, 'corrupt'],
  ['a size that is no integer', { ...IMAGE, layers: [{ ...LAYER, size: 1.5 }] }, 'corrupt'],
  ['a digest with a path', { ...IMAGE, layers: [{ ...LAYER, digest: '../../etc' }] }, 'corrupt'],
  ['too many layers', { ...IMAGE, layers: Array.from({ length: 126 }, () => LAYER) }, 'corrupt'],
  ['an image that is an index too', { ...IMAGE, manifests: [] }, 'corrupt'],
  ['an index with layers', { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], layers: [] }, 'corrupt'],
  ['a plugin', { ...IMAGE, config: { ...CONFIG, mediaType: 'application/vnd.docker.plugin.v1+json' } }, 'unsupported'],
  [
    'a chart',
    { ...IMAGE, config: { ...CONFIG, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
    'unsupported',
  ],
  ['a layer of another kind', { ...IMAGE, layers: [{ ...LAYER, mediaType: 'text/plain' }] }, 'unsupported'],
  ['too many bytes', Buffer.alloc(MAX_MANIFEST + 1, 0x20), 'corrupt'],
];

for (const [what, document, code] of REFUSED) {
  test(`${what} is refused as ${code}`, (t) => {
    t.throws(() => parseManifest(Buffer.isBuffer(document) ? document : json(document), DOCKER_MANIFEST), { code });
  });
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
