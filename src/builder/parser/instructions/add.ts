// ADD [--chown=…] [--chmod=…] [--link] [--checksum=…] [--keep-git-dir] [--unpack] [--exclude=…] source … destination
import type { Statement } from '../statement.ts';
import type { AddInstruction } from '../types.ts';
import { commonFields } from './common.ts';
import { readFlags } from './flags.ts';
import { checkCount, readPaths } from './transfer.ts';

export function parseAdd(statement: Statement): AddInstruction {
  checkCount(statement);
  const flags = readFlags(statement, {
    chown: 'text',
    chmod: 'text',
    link: 'boolean',
    'keep-git-dir': 'boolean',
    checksum: 'text',
    unpack: 'boolean',
    exclude: 'list',
  });
  return {
    kind: 'ADD',
    ...commonFields(statement),
    ...readPaths(statement),
    chown: flags.chown,
    chmod: flags.chmod,
    link: flags.link ?? false,
    exclude: flags.exclude,
    checksum: flags.checksum,
    keepGitDir: flags['keep-git-dir'],
    unpack: flags.unpack,
  };
}
