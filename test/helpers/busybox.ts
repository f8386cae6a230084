// A small root file system made of Debian's static busybox, as tar entries, as an image and as a directory.
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Image, type ImageOptions, makeImage } from './image.ts';
import { ok } from './run.ts';
import type { TarEntry } from './tar.ts';

const BUSYBOX = '/bin/busybox';
const DIRECTORIES = [
  'bin',
  'dev',
  'etc',
  'home',
  'proc',
  'root',
  'sys',
  'tmp',
  'usr',
  'usr/bin',
  'usr/sbin',
  'var',
  'run',
  'sbin',
];

const FILES: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\nwww:x:33:33:www:/home:/bin/sh\n',
  'etc/group': 'root:x:0:\ndaemon:x:1:\nstaff:x:50:www\nwww:x:33:\n',
};

/** The layer of a busybox image: the binary, a link for each applet, /etc/passwd and /etc/group. */
export async function busyboxEntries(): Promise<TarEntry[]> {
  const applets = (await ok([BUSYBOX, '--list'])).split('\n').filter((name) => name !== 'busybox' && name !== '');
  return [
    ...DIRECTORIES.map(
      (path): TarEntry => ({ path: `${path}/`, type: 'directory', mode: path === 'tmp' ? 0o1777 : 0o755 }),
    ),
    { path: 'bin/busybox', content: readFileSync(BUSYBOX), mode: 0o755 },
    ...applets.map((name): TarEntry => ({ path: `bin/${name}`, type: 'symlink', target: 'busybox', mode: 0o777 })),
    ...Object.entries(FILES).map(([path, content]): TarEntry => ({ path, content })),
  ];
}

/** An image `busybox`: Cmd sh, and further layers on top when given. */
export async function busyboxImage(options: Partial<ImageOptions> = {}): Promise<Image> {
  return makeImage({
    ...options,
    layers: [{ entries: await busyboxEntries() }, ...(options.layers ?? [])],
    config: {
      Cmd: ['sh'],
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...options.config,
    },
  });
}

/** The same as a directory, for tests below the image store. */
export async function busyboxRootfs(directory: string): Promise<string> {
  for (const entry of await busyboxEntries()) {
    const path = join(directory, entry.path);
    mkdirSync(entry.type === 'directory' ? path : dirname(path), { recursive: true });
    if (entry.type === 'symlink') symlinkSync(entry.target ?? '', path);
    if (entry.type === undefined) writeFileSync(path, entry.content ?? '');
    if (entry.type !== 'symlink') chmodSync(path, entry.mode ?? 0o644);
  }
  return directory;
}
