// Pushes images to a Registry v2 by plain HTTP, as they are: also wrong ones, which no push command would send.
import { type Answer, call } from './http.ts';
import type { Blob, Image } from './image.ts';

export interface PushTarget {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly name: string;
  readonly tag: string;
}

/** Pushes blobs, configuration and manifest; the manifest's digest. */
export async function pushImage(image: Image, target: PushTarget): Promise<string> {
  for (const part of [...image.layers, image.config]) await pushBlob(part, target);
  return pushManifest(image.manifest, target);
}

/** Pushes images and an index over them; the index's digest. */
export async function pushIndex(index: Blob, images: readonly Image[], target: PushTarget): Promise<string> {
  for (const image of images) await pushImage(image, { ...target, tag: image.manifest.digest });
  return pushManifest(index, target);
}

export async function pushBlob(part: Blob, { url, name }: Pick<PushTarget, 'url' | 'name'>): Promise<void> {
  const known = await call({ target: url, method: 'HEAD', path: `/v2/${name}/blobs/${part.digest}` });
  if (known.status === 200) return;
  const upload = expect(await call({ target: url, method: 'POST', path: `/v2/${name}/blobs/uploads/` }), 202);
  const location = new URL(upload.headers.location ?? '', url);
  location.searchParams.set('digest', part.digest);
  const path = `${location.pathname}${location.search}`;
  expect(await call({ target: url, method: 'PUT', path, body: part.bytes() }), 201);
}

export async function pushManifest(manifest: Blob, { url, name, tag }: PushTarget): Promise<string> {
  const headers = { 'content-type': manifest.mediaType };
  const path = `/v2/${name}/manifests/${tag}`;
  expect(await call({ target: url, method: 'PUT', path, body: manifest.bytes(), headers }), 201);
  return manifest.digest;
}

function expect(answer: Answer, status: number): Answer {
  if (answer.status !== status)
    throw new Error(`the registry answered ${answer.status}, not ${status}: ${answer.text}`);
  return answer;
}
