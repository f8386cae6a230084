// What tsker's client and a daemon on the same machine tell each other of its files. Only tsker's.
import type { FileIdentity } from '../util/file-identity.ts';

/** A file or directory with all below it, that goes into a container under a name; or a directory into which something of one goes. */
export interface HostTree extends FileIdentity {
  readonly Name: string;
  /** The client's view of the machine (util/process-view.ts): what is below the path is not compared. */
  readonly View: string;
}

/** What the daemon wrote into a file or directory of the client's. */
export interface HostFileWritten {
  /** Of the archive. */
  readonly Bytes: number;
}

export interface HostTreePlaced {
  /** Of the archive that it would have been sent as. */
  readonly Bytes: number;
  /** How much is neither a file, a directory nor a link. */
  readonly LeftOut: number;
}
