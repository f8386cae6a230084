// Work on the library's threads: host plans and the extraction of layers, their failures and cancellation.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import type { ExtractRequest } from '../../src/native/archive-requests.ts';
import * as linux from '../../src/native/linux.ts';
import { PlanError } from '../../src/native/native.ts';
import type { Op } from '../../src/native/ops.ts';
import { openNative } from '../helpers/native.ts';
import { makeTar, type TarEntry } from '../helpers/tar.ts';
import { tempdir } from '../helpers/tempdir.ts';

const native = openNative();

test('a host plan runs in order', async (t) => {
  const root = tempdir(t, 'jobs');
  await native.runPlan([
    { op: 'MKDIRS', path: join(root, 'a/b'), mode: 0o750 },
    { op: 'PUTFILE', path: join(root, 'a/b/file'), mode: 0o640, data: 'content' },
    { op: 'RENAME', from: join(root, 'a/b/file'), to: join(root, 'a/file') },
    { op: 'SYMLINK', content: 'file', path: join(root, 'a/link') },
    { op: 'RMDIR', path: join(root, 'a/b') },
  ]);
  t.deepEqual(readdirSync(join(root, 'a')).sort(), ['file', 'link']);
  t.is(readFileSync(join(root, 'a/link'), 'utf8'), 'content');
  t.is(statSync(join(root, 'a/file')).mode & 0o7777, 0o640);
  await native.runPlan([{ op: 'RMTREE', path: join(root, 'a') }]);
  t.false(existsSync(join(root, 'a')));
});

test('a host plan that fails says where and why, and stops there', async (t) => {
  const root = tempdir(t, 'jobs');
  const ops: Op[] = [
    { op: 'MKDIR', path: join(root, 'one'), mode: 0o755 },
    { op: 'MKDIR', path: join(root, 'no/where'), mode: 0o755 },
    { op: 'MKDIR', path: join(root, 'two'), mode: 0o755 },
  ];
  const error = await t.throwsAsync(native.runPlan(ops), { instanceOf: PlanError });
  t.like(error, {
    index: 1,
    errno: linux.ERRNO.ENOENT,
    op: ops[1],
    message: `mkdir ${join(root, 'no/where')}: ENOENT: no such file or directory`,
  });
  t.deepEqual(readdirSync(root), ['one']);
});

test('an operation of the helper is not run on the host', async (t) => {
  await t.throwsAsync(native.runPlan([{ op: 'HOSTNAME', name: 'never' }]), { message: /EINVAL/ });
});

test('an empty host plan succeeds', async (t) => {
  await t.notThrowsAsync(native.runPlan([]));
});

test('many host plans at once keep to themselves', async (t) => {
  const root = tempdir(t, 'jobs');
  const plans = Array.from({ length: 200 }, (_, index) =>
    native.runPlan([
      { op: 'MKDIR', path: join(root, `${index}`), mode: 0o755 },
      { op: 'CHDIR', path: join(root, `${index}`) },
      { op: 'MKDIR', path: 'inside', mode: 0o755 },
    ]),
  );
  await Promise.all(plans);
  for (let index = 0; index < plans.length; index++) t.true(existsSync(join(root, `${index}/inside`)));
  t.is(process.cwd(), process.env['PWD'] ?? process.cwd());
});

const ENTRIES: readonly TarEntry[] = [
  { path: 'etc/', type: 'directory' },
  { path: 'etc/hello', content: 'hello world' },
  { path: 'etc/link', type: 'symlink', target: 'hello' },
  { path: 'bin/', type: 'directory' },
  { path: 'bin/su', content: 'x'.repeat(5000), mode: 0o4755 },
];
const TAR = makeTar(ENTRIES);

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** A request that reads `bytes` from a file. */
function extractOf(t: ExecutionContext, bytes: Uint8Array, options: Partial<ExtractRequest> = {}): ExtractRequest {
  const directory = tempdir(t, 'extract');
  const file = join(directory, 'layer');
  const target = join(directory, 'target');
  writeFileSync(file, bytes);
  mkdirSync(target);
  return { fd: native.open(file, linux.O_RDONLY), target, whiteouts: 'overlay', ...options };
}

for (const [form, pack] of [
  ['plain', (bytes: Buffer) => bytes],
  ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
] as const) {
  test(`a ${form} layer is written, counted and hashed`, async (t) => {
    const packed = pack(TAR);
    const request = extractOf(t, packed);
    const result = await native.extract(request);
    t.deepEqual(result, {
      bytesIn: packed.length,
      bytesTar: TAR.length,
      size: 5011,
      entries: 5,
      digestIn: sha256(packed),
      digestTar: sha256(TAR),
    });
    t.is(readFileSync(join(request.target, 'etc/link'), 'utf8'), 'hello world');
    t.is(statSync(join(request.target, 'bin/su')).mode & 0o7777, 0o4755);
  });
}

test('a layer cut short is corrupt', async (t) => {
  const packed = gzipSync(TAR);
  await t.throwsAsync(native.extract(extractOf(t, packed.subarray(0, packed.length - 20))), {
    code: 'corrupt',
    message: /^extracting a layer: ./,
  });
  await t.throwsAsync(native.extract(extractOf(t, TAR.subarray(0, 1030))), { code: 'corrupt' });
});

test('bytes that are no layer are corrupt', async (t) => {
  await t.throwsAsync(native.extract(extractOf(t, Buffer.alloc(5000, 'x'))), { code: 'corrupt' });
});

test('an entry that leads outside the target is refused', async (t) => {
  const request = extractOf(t, makeTar([{ path: '../outside', content: 'x' }]));
  await t.throwsAsync(native.extract(request), { code: 'corrupt' });
  t.false(existsSync(join(request.target, '../outside')));
});

test('a full file system is no_space', async (t) => {
  const target = tempdir(t, 'full');
  await native.runPlan([{ op: 'MOUNT', source: 'none', target, type: 'tmpfs', flags: 0, data: 'size=64k' }]);
  const request = extractOf(t, makeTar([{ path: 'big', content: Buffer.alloc(1 << 20, 'x') }]), { target });
  t.like(await t.throwsAsync(native.extract(request)), { code: 'no_space', errno: 'ENOSPC' });
  await native.runPlan([{ op: 'UMOUNT', target, flags: linux.MNT_DETACH }]);
});

/** That nobody has the read end any more: descriptor numbers are soon another test's, a broken pipe is not. */
function assertBroken(t: ExecutionContext, write: number): void {
  t.throws(() => writeFileSync(write, 'x'), { code: 'EPIPE' });
  native.close(write);
}

test('a missing target directory is an error, and the descriptor is closed all the same', async (t) => {
  const pipe = native.pipe();
  await t.throwsAsync(native.extract({ fd: pipe.read, target: '/no/such/directory', whiteouts: 'apply' }), {
    code: 'not_found',
  });
  assertBroken(t, pipe.write);
});

test('an extraction that waits for data can be cancelled', async (t) => {
  const pipe = native.pipe();
  const controller = new AbortController();
  const target = tempdir(t, 'cancel');
  const extraction = native.extract({ fd: pipe.read, target, whiteouts: 'overlay', signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await t.throwsAsync(extraction, { code: 'cancelled' });
  assertBroken(t, pipe.write);
});

test('an extraction that was cancelled before it began closes its descriptor', async (t) => {
  const pipe = native.pipe();
  const request = { fd: pipe.read, target: '/tmp', whiteouts: 'overlay', signal: AbortSignal.abort() } as const;
  await t.throwsAsync(native.extract(request), { code: 'cancelled' });
  assertBroken(t, pipe.write);
});
