// Files of containers on the wire: what cp and diff are answered.

/** In base64, the JSON of the header X-Docker-Container-Path-Stat. */
export interface ContainerPathStat {
  readonly name: string;
  readonly size: number;
  /** Go's os.FileMode. */
  readonly mode: number;
  readonly mtime: string;
  readonly linkTarget: string;
}

export const PATH_STAT_HEADER = 'x-docker-container-path-stat';

/** Go's os.ModeDir and os.ModeSymlink; ModeType is all bits of a kind. */
export const GO_MODE_DIR = 0x8000_0000;
export const GO_MODE_SYMLINK = 0x0800_0000;

/** One line of GET /containers/{id}/changes. */
export interface FilesystemChange {
  readonly Path: string;
  /** Modified, added, deleted. */
  readonly Kind: 0 | 1 | 2;
}
