// The file system of the base device. It is made once for a data root, by mkfs.ext4 or mkfs.xfs of the host: the one tool
// that an engine of one file does not bring along.
import { execFile } from 'node:child_process';
import { TskerError } from '../../util/errors.ts';
import type { FileSystem } from './options.ts';

/** What is written later is written by every container's kernel again: tables are left for when they are used. */
const ARGUMENTS: Readonly<Record<FileSystem, readonly string[]>> = {
  ext4: ['-q', '-F', '-E', 'nodiscard,lazy_itable_init=1,lazy_journal_init=1'],
  xfs: ['-q', '-f', '-K'],
};
const PACKAGES: Readonly<Record<FileSystem, string>> = { ext4: 'e2fsprogs', xfs: 'xfsprogs' };

export async function makeFileSystem(device: string, kind: FileSystem, extra: readonly string[]): Promise<void> {
  const program = `mkfs.${kind}`;
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const options = { env: { ...process.env, PATH: path } };
  execFile(program, [...ARGUMENTS[kind], ...extra, device], options, (error, _stdout, stderr) => {
    if (error === null) resolve();
    else reject(explain(error, { program, stderr, kind }));
  });
  await promise;
}

interface Attempt {
  readonly program: string;
  readonly stderr: string;
  readonly kind: FileSystem;
}

function explain(error: Error, { program, stderr, kind }: Attempt): TskerError {
  if ('code' in error && error.code === 'ENOENT') {
    return new TskerError('unsupported', `storage driver devicemapper needs ${program}, which is not installed`, {
      cause: error,
      hint: `install ${PACKAGES[kind]}, or use --storage-driver overlay`,
    });
  }
  return new TskerError('internal', `${program} failed: ${stderr.trim() || error.message}`, { cause: error });
}
