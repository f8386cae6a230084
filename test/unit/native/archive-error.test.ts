import test from 'ava';
import { EXTRACT_STAGE } from '../../../src/native/abi.ts';
import { type ArchiveReason, archiveError } from '../../../src/native/archive-error.ts';
import { ERRNO, type ErrnoName } from '../../../src/native/errno.ts';

const CASES: readonly ['pack' | 'place' | 'stat', keyof typeof EXTRACT_STAGE, ErrnoName, ArchiveReason, string][] = [
  ['stat', 'path', 'ENOENT', 'path_not_found', 'not_found'],
  ['place', 'path', 'ENOTDIR', 'not_a_directory', 'invalid'],
  ['pack', 'path', 'ELOOP', 'path', 'invalid'],
  ['pack', 'read', 'EIO', 'tree', 'internal'],
  ['pack', 'read', 'EOPNOTSUPP', 'unsupported_layer', 'unsupported'],
  ['pack', 'write', 'EPIPE', 'stream', 'cancelled'],
  ['pack', 'write', 'ECANCELED', 'cancelled', 'cancelled'],
  ['place', 'read', 'EIO', 'stream', 'cancelled'],
  ['place', 'inflate', 'EOPNOTSUPP', 'archive', 'invalid'],
  ['place', 'tar', 'EBADMSG', 'archive', 'invalid'],
  ['place', 'write', 'EACCES', 'tree', 'internal'],
  ['place', 'write', 'EROFS', 'read_only', 'invalid'],
  ['place', 'write', 'ENOSPC', 'no_space', 'no_space'],
  ['place', 'directory', 'EISDIR', 'directory_in_the_way', 'invalid'],
  ['place', 'file', 'ENOTDIR', 'file_in_the_way', 'invalid'],
  ['place', 'breakout', 'EXDEV', 'breakout', 'invalid'],
  ['place', 'tar', 'ENOMEM', 'tree', 'internal'],
];

for (const [job, stage, errno, reason, code] of CASES) {
  test(`${errno} at the stage ${stage} of ${job} is ${reason}`, (t) => {
    const error = archiveError({ job, errno: ERRNO[errno], stage: EXTRACT_STAGE[stage], said: 'what it was' });
    t.like(error, { name: 'ArchiveError', reason, code, errno, message: 'what it was' });
  });
}

test('a job that could say nothing is described by its errno', (t) => {
  const error = archiveError({ job: 'place', errno: ERRNO.ENOMEM, stage: 1, said: '' });
  t.is(error.message, 'place: ENOMEM: cannot allocate memory');
});
