// A file that is about to be sent: opened before the request is, so that a name that does not exist is an error of the
// client and not of a half-sent request.
import type { ReadStream } from 'node:fs';
import { TskerError } from '../util/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
};

/** Resolves once the file is open. */
export function openInput(stream: ReadStream): Promise<ReadStream> {
  return new Promise((resolve, reject) => {
    stream.once('open', () => resolve(stream));
    stream.once('error', (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ''] ?? error.message;
      reject(new TskerError('invalid', `open ${stream.path}: ${reason}`, { cause: error }));
    });
  });
}
