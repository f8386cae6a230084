// COPY [--from=…] [--chown=…] [--chmod=…] [--link] [--parents] [--exclude=…] source … destination
import type { Statement } from '../statement.ts';
import type { CopyInstruction } from '../types.ts';
import { commonFields } from './common.ts';
import { readFlags } from './flags.ts';
import { checkCount, readPaths } from './transfer.ts';

export function parseCopy(statement: Statement): CopyInstruction {
  checkCount(statement);
  const { chown, from, chmod, link, parents, exclude } = readFlags(statement, {
    chown: 'text',
    from: 'text',
    chmod: 'text',
    link: 'boolean',
    parents: 'boolean',
    exclude: 'list',
  });
  return {
    kind: 'COPY',
    ...commonFields(statement),
    ...readPaths(statement),
    from: from?.text === '' ? undefined : from,
    chown,
    chmod,
    link: link ?? false,
    parents: parents ?? false,
    exclude,
  };
}
