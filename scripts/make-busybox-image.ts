// Makes the image inside the executable, tsker/busybox, from Debian's busybox-static: a gzipped archive that is an OCI
// layout and a `docker save` archive at once. The same busybox always gives the same bytes: times and order are fixed.
// Usage: make-busybox-image.ts [BUSYBOX [OUTPUT]]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TarMember, tarEnd, tarHeader, tarPadding } from '../src/image/tar-writer.ts';

const DIST = join(resolve(import.meta.dirname, '..'), 'dist');
/** 2026-01-01T00:00:00Z; no build is older than its image. */
const MTIME = 1_767_225_600;
const CREATED = new Date(MTIME * 1000).toISOString().replace('.000', '');
const REPOSITORY = 'docker.io/tsker/busybox';
const TAG = 'tsker/busybox:latest';
const OCI = 'application/vnd.oci.image';

const DIRECTORIES: Readonly<Record<string, number>> = {
  bin: 0o755,
  dev: 0o755,
  etc: 0o755,
  home: 0o755,
  proc: 0o755,
  root: 0o700,
  sys: 0o755,
  tmp: 0o1777,
  usr: 0o755,
  'usr/bin': 0o755,
  'usr/sbin': 0o755,
  var: 0o755,
  'var/log': 0o755,
  'var/spool': 0o755,
  'var/spool/mail': 0o755,
  'var/tmp': 0o1777,
  'var/www': 0o755,
};

const FILES: Readonly<Record<string, { mode: number; text: string }>> = {
  'etc/group': {
    mode: 0o644,
    text: [
      'root:x:0:',
      'daemon:x:1:',
      'bin:x:2:',
      'sys:x:3:',
      'adm:x:4:',
      'tty:x:5:',
      'disk:x:6:',
      'mail:x:8:',
      'www-data:x:33:',
      'utmp:x:43:',
      'users:x:100:',
      'nobody:x:65534:',
      '',
    ].join('\n'),
  },
  'etc/nsswitch.conf': { mode: 0o644, text: 'passwd: files\ngroup: files\nhosts: files dns\n' },
  'etc/passwd': {
    mode: 0o644,
    text: [
      'root:x:0:0:root:/root:/bin/sh',
      'daemon:x:1:1:daemon:/usr/sbin:/bin/false',
      'bin:x:2:2:bin:/bin:/bin/false',
      'sys:x:3:3:sys:/dev:/bin/false',
      'sync:x:4:100:sync:/bin:/bin/sync',
      'mail:x:8:8:mail:/var/spool/mail:/bin/false',
      'www-data:x:33:33:www-data:/var/www:/bin/false',
      'operator:x:37:37:Operator:/var:/bin/false',
      'nobody:x:65534:65534:nobody:/home:/bin/false',
      '',
    ].join('\n'),
  },
  'etc/shadow': { mode: 0o640, text: 'root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n' },
};

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly bytes: Buffer;
}

function main(busybox = '/bin/busybox', output = join(DIST, 'busybox-image.tar.gz')): void {
  const binary = readFileSync(busybox);
  requireStatic(binary, busybox);
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).split('\n').filter(isApplet).sort();
  const layer = toBlob(`${OCI}.layer.v1.tar`, layerTar(binary, applets));
  const config = toBlob(`${OCI}.config.v1+json`, configOf(layer));
  const manifest = toBlob(`${OCI}.manifest.v1+json`, manifestOf(config, layer));
  const archive = gzipSync(archiveOf({ manifest, config, layer }), { level: 9 });
  // A build that is interrupted leaves no half of an image.
  writeFileSync(`${output}.new`, archive);
  renameSync(`${output}.new`, output);
  console.log(`${output}: ${TAG} ${manifest.digest}, ${archive.length} bytes, ${applets.length} applets`);
}

/** PT_INTERP (3) among the program headers means a dynamic linker (elf(5)), which the image would lack. */
function requireStatic(binary: Buffer, path: string): void {
  if (binary.readUInt32BE(0) !== 0x7f454c46) throw new Error(`${path} is no ELF file`);
  const offset = Number(binary.readBigUInt64LE(32));
  const [size, count] = [binary.readUInt16LE(54), binary.readUInt16LE(56)];
  for (let index = 0; index < count; index += 1) {
    if (binary.readUInt32LE(offset + index * size) === 3) {
      throw new Error(`${path} is not static: install Debian's busybox-static`);
    }
  }
}

function isApplet(name: string): boolean {
  return name !== '' && name !== 'busybox';
}

function layerTar(binary: Buffer, applets: readonly string[]): Buffer {
  const parts: Buffer[] = [];
  const add = (member: Omit<TarMember, 'mtime'>, content: Buffer = Buffer.alloc(0)): void => {
    const size = content.length;
    parts.push(tarHeader({ ...member, size, mtime: MTIME }), content, tarPadding(size));
  };
  for (const [name, mode] of Object.entries(DIRECTORIES)) add({ name: `${name}/`, type: 'directory', mode });
  add({ name: 'bin/busybox', type: 'file', mode: 0o755 }, binary);
  // Hard links, as in Docker's busybox image.
  for (const name of applets) add({ name: `bin/${name}`, type: 'link', mode: 0o755, target: 'bin/busybox' });
  for (const [name, { mode, text }] of Object.entries(FILES)) add({ name, type: 'file', mode }, Buffer.from(text));
  add({ name: 'usr/bin/env', type: 'symlink', mode: 0o777, target: '../../bin/env' });
  return Buffer.concat([...parts, tarEnd()]);
}

function configOf(layer: Blob): Buffer {
  return toJson({
    created: CREATED,
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    history: [
      { created: CREATED, created_by: 'busybox-static of Debian' },
      { created: CREATED, created_by: 'CMD ["sh"]', empty_layer: true },
    ],
  });
}

function manifestOf(config: Blob, layer: Blob): Buffer {
  const mediaType = `${OCI}.manifest.v1+json`;
  return toJson({ schemaVersion: 2, mediaType, config: descriptor(config), layers: [descriptor(layer)] });
}

function archiveOf({ manifest, config, layer }: { manifest: Blob; config: Blob; layer: Blob }): Buffer {
  const annotations = {
    'io.containerd.image.name': `${REPOSITORY}:latest`,
    'org.opencontainers.image.ref.name': 'latest',
  };
  const index = {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [{ ...descriptor(manifest), annotations }],
  };
  const docker = [{ Config: blobPath(config), RepoTags: [TAG], Layers: [blobPath(layer)] }];
  const files: [string, Buffer][] = [
    ...[layer, config, manifest].map((blob): [string, Buffer] => [blobPath(blob), blob.bytes]),
    ['index.json', toJson(index)],
    ['manifest.json', toJson(docker)],
    ['oci-layout', toJson({ imageLayoutVersion: '1.0.0' })],
  ];
  const members = files.flatMap(([name, bytes]) => [
    tarHeader({ name, type: 'file', mode: 0o644, size: bytes.length, mtime: MTIME }),
    bytes,
    tarPadding(bytes.length),
  ]);
  return Buffer.concat([...members, tarEnd()]);
}

function toBlob(mediaType: string, bytes: Buffer): Blob {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return { mediaType, digest, size: bytes.length, bytes };
}

function descriptor({ mediaType, digest, size }: Blob): object {
  return { mediaType, digest, size };
}

function blobPath({ digest }: Blob): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

main(...process.argv.slice(2));
