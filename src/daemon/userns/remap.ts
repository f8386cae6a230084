// --userns-remap in words: whose subordinate ids the containers' root and users become on the host. It reads passwd, group,
// subuid and subgid, and writes the latter two only for `default`.
import { appendFileSync, readFileSync } from 'node:fs';
import type { IdMapping } from '../../runtime/spec.ts';
import { TskerError } from '../../util/errors.ts';
import { freeRange, mappingsOf, parseSubordinate } from './subordinate.ts';

export interface IdFiles {
  readonly passwd: string;
  readonly group: string;
  readonly subuid: string;
  readonly subgid: string;
}

const HOST_ID_FILES: IdFiles = {
  passwd: '/etc/passwd',
  group: '/etc/group',
  subuid: '/etc/subuid',
  subgid: '/etc/subgid',
};

export interface RemapMaps {
  readonly uidMappings: readonly IdMapping[];
  readonly gidMappings: readonly IdMapping[];
}

interface Owner {
  readonly name: string;
  readonly id: number;
}

/** The name behind `default`, as with Docker. No login is made for it: only its ranges count. */
const DEFAULT_OWNER = 'dockremap';
const NO_ID = -1;

/** `default`, `user`, `user:group`, or numbers for either. Throws `invalid`, in Docker's words. */
export function resolveRemap(text: string, files: IdFiles = HOST_ID_FILES): RemapMaps {
  if (text === 'default') return defaultMaps(files);
  const [user = '', group, ...rest] = text.split(':');
  if (user === '' || group === '' || rest.length > 0) {
    throw new TskerError('invalid', `invalid user/group specification in --userns-remap: ${JSON.stringify(text)}`);
  }
  const owner = lookUp(files.passwd, user, 'uid');
  const groupOwner = lookUp(files.group, group ?? owner.name, 'gid');
  return {
    uidMappings: required(files.subuid, owner, 'subuid', 'user'),
    gidMappings: required(files.subgid, groupOwner, 'subgid', group === undefined ? 'user' : 'group'),
  };
}

function defaultMaps(files: IdFiles): RemapMaps {
  const owner = { name: DEFAULT_OWNER, id: NO_ID };
  for (const path of [files.subuid, files.subgid]) lend(path, owner);
  return {
    uidMappings: required(files.subuid, owner, 'subuid', 'user'),
    gidMappings: required(files.subgid, owner, 'subgid', 'user'),
  };
}

/** Gives it a range when it has none; like a user of the system it keeps it. */
function lend(path: string, owner: Owner): void {
  const text = readText(path);
  const ranges = parseSubordinate(text);
  if (mappingsOf(ranges, owner).length > 0) return;
  const { start, size } = freeRange(ranges);
  const glue = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(path, `${glue}${owner.name}:${start}:${size}\n`, { mode: 0o644 });
}

function required(path: string, owner: Owner, what: string, kind: string): readonly IdMapping[] {
  const mappings = mappingsOf(parseSubordinate(readText(path)), owner);
  if (mappings.length > 0) return mappings;
  throw new TskerError('invalid', `Can't create ID mappings: no ${what} ranges found for ${kind} "${owner.name}"`, {
    hint: `a line like ${owner.name}:100000:65536 in ${path} lends some`,
  });
}

/** passwd(5) and group(5) have name and number in the same columns. */
function lookUp(path: string, wanted: string, kind: 'uid' | 'gid'): Owner {
  const isNumber = /^\d{1,10}$/.test(wanted);
  const entries = readText(path)
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , id = '']): Owner => ({ name, id: Number(id) }));
  const found = entries.find(({ name, id }) => (isNumber ? id === Number(wanted) : name === wanted));
  if (found !== undefined && found.name !== '') return found;
  throw new TskerError(
    'invalid',
    isNumber
      ? `${kind === 'uid' ? 'Uid' : 'Gid'} ${wanted} has no entry in ${path}`
      : `Error during ${kind} lookup for ${JSON.stringify(wanted)}: no matching entries in ${path}`,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
