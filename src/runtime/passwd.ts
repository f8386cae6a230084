// /etc/passwd and /etc/group as an image has them (passwd(5), group(5)). Pure; lines that are not in form are skipped, as
// libc skips them.

export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** The kernel's largest id: 2^32 - 1 means "no change". */
export const MAX_ID = 0xffff_fffe;

/** A decimal id in range; undefined for anything else. */
export function parseId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

export function parsePasswd(text: string): PasswdEntry[] {
  return fields(text).flatMap(([name = '', , uidText = '', gidText = '', , home = '']) => {
    const uid = parseId(uidText);
    const gid = parseId(gidText);
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid, home }];
  });
}

export function parseGroup(text: string): GroupEntry[] {
  return fields(text).flatMap(([name = '', , gidText = '', members = '']) => {
    const gid = parseId(gidText);
    const list = members
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '');
    return name === '' || gid === undefined ? [] : [{ name, gid, members: list }];
  });
}

function fields(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
