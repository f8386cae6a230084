// What the tests of volumes share: an image with files of many kinds where a volume will be, and ways to look at volumes from
// the host.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerInspect, MountPoint } from '../../src/types/container.ts';
import type { Volume } from '../../src/types/volume.ts';
import { dockerArchive } from '../helpers/archive.ts';
import { busyboxEntries } from '../helpers/busybox.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { call } from '../helpers/http.ts';
import { makeImage } from '../helpers/image.ts';
import { create, inspect } from './daemon.harness.ts';

export const CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

/** `full`: /data is a volume and has content; /link leads to it, /file is none. */
export async function loadFullImage(daemon: Daemon): Promise<void> {
  const image = await makeImage({
    layers: [
      {
        entries: [
          ...(await busyboxEntries()),
          { path: 'data', type: 'directory', mode: 0o1770, uid: 70, gid: 71 },
          {
            path: 'data/text',
            content: 'of the image\n',
            mode: 0o4640,
            uid: 7,
            gid: 8,
            xattrs: { 'security.capability': CAPABILITY },
          },
          { path: 'data/empty', type: 'directory', mode: 0o2750, uid: 9, gid: 10 },
          { path: 'data/link', type: 'symlink', target: '/etc/passwd' },
          { path: 'data/twice', type: 'link', target: 'data/text' },
          { path: 'bare', type: 'directory', mode: 0o700, uid: 33, gid: 34 },
          { path: 'link', type: 'symlink', target: '/data' },
          { path: 'file', content: 'no directory' },
        ],
      },
    ],
    config: { Cmd: ['sh'], Volumes: { '/data': {} } },
  });
  const body = dockerArchive(image, ['full:latest']);
  const answer = await call({ target: daemon.socket, method: 'POST', path: '/images/load', body });
  if (answer.status !== 200 || /"error"/.test(answer.text)) throw new Error(`load: ${answer.status} ${answer.text}`);
}

export const messageOf = (text: string): string => (JSON.parse(text) as { message: string }).message;

export async function mountsOf(daemon: Daemon, id: string): Promise<readonly MountPoint[]> {
  return (await inspect<ContainerInspect>(daemon, id)).Mounts;
}

export async function volumeNames(daemon: Daemon, filters: object = {}): Promise<string[]> {
  const query = encodeURIComponent(JSON.stringify(filters));
  const answer = await daemon.api('GET', `/volumes?filters=${query}`);
  return answer.json<{ Volumes: Volume[] }>().Volumes.map(({ Name }) => Name);
}

/** Where a volume's data is on the host. */
export function dataOf(daemon: Daemon, volume: string): string {
  return join(daemon.root, 'volumes', volume, '_data');
}

export async function createVolume(daemon: Daemon, body: object): Promise<Volume> {
  const answer = await daemon.api('POST', '/volumes/create', body);
  if (answer.status !== 201) throw new Error(`volume create: ${answer.status} ${answer.text}`);
  return answer.json<Volume>();
}

/** A container that is made and removed at once, with its anonymous volumes: what creating alone does to volumes stays. */
export async function createAndRemove(daemon: Daemon, body: object): Promise<void> {
  const id = await create(daemon, body);
  await daemon.api('DELETE', `/containers/${id}?v=1`);
}

/** What the host has mounted at or below a path. */
export function hostMounts(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((place) => place === path || place.startsWith(`${path}/`));
}
