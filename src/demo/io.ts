// What the tour needs of the process's streams; the command line hands it its own.
import type { Readable, Writable } from 'node:stream';

export interface DemoIo {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable;
}
