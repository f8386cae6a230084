// A Debian image through the layer store, compared file by file with what umoci unpacks (root, debootstrap, umoci; the
// image is cached between runs).
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DriverLayerStore } from '../../src/layer/store.ts';
import type { Layer, StagedLayer } from '../../src/layer/store.types.ts';
import { readTree, type Tree, type TreeEntry } from '../conformance/tree.ts';
import { openStore } from '../fixtures/layer/open-store.ts';
import { debianImage } from '../helpers/debian.ts';
import { type Image, makeImage } from '../helpers/image.ts';
import { openNative } from '../helpers/native.ts';
import { suiteOwner } from '../helpers/owner.ts';
import { ok } from '../helpers/run.ts';
import { tempdir } from '../helpers/tempdir.ts';

const suite = suiteOwner(test);
const native = openNative();
const CONTAINER = 'c'.repeat(64);

/** What both drivers are compared with; unpacked once. */
const reference = debianImage().then(async (image) => ({ image, tree: await unpackByUmoci(image) }));

/** umoci reads OCI images only. */
function asOci({ layers }: Image): Image {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  return makeImage({ layers: layers.map((layer) => ({ ...layer, mediaType })), mediaTypes: 'oci' });
}

async function unpackByUmoci(debian: Image): Promise<Tree> {
  const image = asOci(debian);
  const work = tempdir(suite, 'umoci');
  const blobs = join(work, 'layout/blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  for (const blob of [image.manifest, image.config, ...image.layers]) {
    writeFileSync(join(blobs, blob.digest.slice('sha256:'.length)), blob.bytes());
  }
  const manifests = [
    {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: image.manifest.digest,
      size: image.manifest.size,
      annotations: { 'org.opencontainers.image.ref.name': 'debian' },
    },
  ];
  writeFileSync(join(work, 'layout/index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(work, 'layout/oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await ok(['umoci', 'unpack', '--image', `${join(work, 'layout')}:debian`, join(work, 'bundle')]);
  return await readTree(join(work, 'bundle/rootfs'));
}

/** All layers at once, committed from the base up, as a pull does. */
async function addLayers(t: ExecutionContext, store: DriverLayerStore, image: Image): Promise<Layer> {
  const root = tempdir(t, 'blobs');
  let parent: Promise<Layer | undefined> = Promise.resolve(undefined);
  for (const [index, { diffId, digest, bytes }] of image.layers.entries()) {
    const path = join(root, `layer-${index}`);
    writeFileSync(path, bytes());
    const staged = store.stage({ fd: native.open(path, 0), parent });
    parent = Promise.all([parent, staged]).then(([below, layer]: [Layer | undefined, StagedLayer]) => {
      t.like(layer, { diffId, digest });
      return layer.commit(below?.chainId);
    });
  }
  const top = await parent;
  if (top === undefined) throw new Error('an image without layers');
  return top;
}

/** How many blocks a file takes is the file system's business. */
function comparable(entry: TreeEntry | undefined): unknown {
  if (entry === undefined) return undefined;
  const { blocks: _, ...rest } = entry;
  return rest;
}

for (const driver of ['overlay', 'vfs']) {
  test(`Debian on ${driver} is, file by file, what umoci unpacks`, async (t) => {
    t.timeout(300_000);
    const { image, tree } = await reference;
    const root = tempdir(t, driver);
    const { store } = await openStore(native, root, driver);
    await store.recover();
    const top = await addLayers(t, store, image);
    await store.createContainerLayer(CONTAINER, top.chainId);
    const mounted = await store.mountContainer(CONTAINER);
    const found = await readTree(mounted.path);
    await mounted.release();

    t.deepEqual(Object.keys(found).sort(), Object.keys(tree).sort());
    const different = Object.keys(tree).filter((name) => !same(found[name], tree[name]));
    t.deepEqual(
      different.slice(0, 10).map((name) => [name, comparable(found[name]), comparable(tree[name])]),
      [],
    );
    t.true(Object.keys(tree).length > 20_000);
    t.deepEqual(await store.containerChanges(CONTAINER), []);
    t.is((await store.containerSize(CONTAINER)).sizeRw, 0);

    await store.removeContainerLayer(CONTAINER);
    await store.release(top.chainId);
    t.is(store.get(top.chainId), undefined);
    const left = await ok(['find', join(root, driver), '-mindepth', '2', '-not', '-path', '*/l/*']);
    t.is(left, '');
  });
}

function same(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}
