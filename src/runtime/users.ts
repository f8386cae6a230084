// `user[:group]` of a container resolved against the image's own passwd and group, by Docker's rules (moby/sys/user,
// GetExecUser): names before numbers, numbers that nobody has are fine, names that nobody has are not. Pure.
import { TskerError } from '../util/errors.ts';
import { type GroupEntry, MAX_ID, type PasswdEntry, parseGroup, parseId, parsePasswd } from './passwd.ts';

/** What the two files say. */
export interface Users {
  readonly passwd: readonly PasswdEntry[];
  readonly group: readonly GroupEntry[];
}

/** Of their texts, undefined when the image has none. */
export function parseUsers(passwd: string | undefined, group: string | undefined): Users {
  return { passwd: parsePasswd(passwd ?? ''), group: parseGroup(group ?? '') };
}

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, without duplicates. */
  readonly additionalGids: readonly number[];
  /** `/` when nobody says. */
  readonly home: string;
  /** The name in passwd, when the user has one. */
  readonly name: string | undefined;
}

/**
 * Resolves `spec` (empty: root). `groupAdd` are names or numbers (--group-add). Throws `invalid` with the messages that
 * Docker has.
 */
export function resolveUser(spec: string, { passwd, group }: Users, groupAdd: readonly string[] = []): ResolvedUser {
  const [userText = '', groupText = ''] = splitSpec(spec);
  const entry = findUser(passwd, userText);
  const uid = entry?.uid ?? numericUser(userText);
  const gid = groupText === '' ? (entry?.gid ?? 0) : groupId(group, groupText);
  // An explicit group replaces the user's memberships.
  const memberships = groupText === '' && entry !== undefined ? groupsOf(group, entry) : [];
  const added = groupAdd.map((text) => addedGroup(group, text));
  return {
    uid,
    gid,
    additionalGids: [...new Set([gid, ...memberships, ...added])],
    home: entry !== undefined && entry.home !== '' ? entry.home : '/',
    name: entry?.name,
  };
}

function splitSpec(spec: string): [string, string] {
  const at = spec.indexOf(':');
  return at < 0 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + 1)];
}

function findUser(passwd: readonly PasswdEntry[], text: string): PasswdEntry | undefined {
  if (text === '') return passwd.find(({ uid }) => uid === 0);
  return passwd.find(({ name }) => name === text) ?? passwd.find(({ uid }) => uid === parseId(text));
}

function numericUser(text: string): number {
  if (text === '') return 0;
  if (!/^\d+$/.test(text)) {
    throw new TskerError('invalid', `unable to find user ${text}: no matching entries in passwd file`);
  }
  return inRange(text, 'uids and gids must be in range 0-4294967294');
}

function groupId(groups: readonly GroupEntry[], text: string): number {
  const entry = groups.find(({ name }) => name === text) ?? groups.find(({ gid }) => gid === parseId(text));
  if (entry !== undefined) return entry.gid;
  if (!/^\d+$/.test(text)) {
    throw new TskerError('invalid', `unable to find group ${text}: no matching entries in group file`);
  }
  return inRange(text, 'uids and gids must be in range 0-4294967294');
}

function addedGroup(groups: readonly GroupEntry[], text: string): number {
  const entry = groups.find(({ name }) => name === text);
  if (entry !== undefined) return entry.gid;
  if (!/^\d+$/.test(text)) {
    throw new TskerError('invalid', `Unable to find group ${text}: no matching entries in group file`);
  }
  return inRange(text, 'uids and gids must be in range 0-4294967294');
}

function inRange(text: string, message: string): number {
  const id = parseId(text);
  if (id === undefined || id > MAX_ID) throw new TskerError('invalid', message);
  return id;
}

function groupsOf(groups: readonly GroupEntry[], user: PasswdEntry): number[] {
  return groups.filter(({ members }) => members.includes(user.name)).map(({ gid }) => gid);
}

/** The home directory of a numeric user, for HOME when the image's environment has none (as runc sets it). */
export function homeOf(passwd: readonly PasswdEntry[], uid: number): string {
  const home = passwd.find((entry) => entry.uid === uid)?.home;
  return home === undefined || home === '' ? '/' : home;
}
