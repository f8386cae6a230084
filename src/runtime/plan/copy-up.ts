// `tmpcopyup`, an option of tmpfs mounts that runc has and podman uses for /run, /tmp and /var/tmp of a read-only container: what
// the image has in the directory is there in the new file system too. Pure.
import type { Op } from '../../native/ops.ts';

/** What is below a directory of the image, a directory before what is in it. */
export interface TreeEntry {
  /** In the container. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly content:
    | { readonly kind: 'directory' }
    | { readonly kind: 'file'; readonly bytes: Uint8Array }
    | { readonly kind: 'link'; readonly target: string };
}

export function copyUpOps(entries: readonly TreeEntry[]): Op[] {
  return entries.flatMap((entry) => [...makeOps(entry), ...ownerOps(entry)]);
}

function makeOps({ path, mode, content }: TreeEntry): Op[] {
  switch (content.kind) {
    case 'directory':
      return [{ op: 'MKDIR', path, mode, inRoot: true }];
    case 'link':
      return [{ op: 'SYMLINK', content: content.target, path, inRoot: true }];
    case 'file':
      return [
        { op: 'MKFILE', path, mode, inRoot: true },
        ...(content.bytes.length === 0 ? [] : [{ op: 'WRITE', path, data: content.bytes, inRoot: true } as const]),
      ];
  }
}

/** Another owner takes the set-user-id bits away. */
function ownerOps({ path, mode, uid, gid, content }: TreeEntry): Op[] {
  if (uid === 0 && gid === 0) return [];
  const owner: Op = { op: 'CHOWN', path, uid, gid, inRoot: true };
  return content.kind === 'file' ? [owner, { op: 'CHMOD', path, mode, inRoot: true }] : [owner];
}
