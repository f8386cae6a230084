// Execs on the wire: requests and answers of POST /containers/{id}/exec and the /exec routes, in the API's own spelling.
// Shared by client and daemon; types only.

/** POST /containers/{id}/exec. */
export interface ExecCreateRequest {
  readonly Cmd: readonly string[];
  readonly User?: string;
  readonly Privileged?: boolean;
  readonly Tty?: boolean;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  readonly DetachKeys?: string;
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  /** Height, width (API 1.42). */
  readonly ConsoleSize?: readonly [number, number];
}

export interface ExecCreateResponse {
  readonly Id: string;
}

/** POST /exec/{id}/start. */
export interface ExecStartRequest {
  readonly Detach?: boolean;
  readonly Tty?: boolean;
  readonly ConsoleSize?: readonly [number, number];
}

/** GET /exec/{id}/json. */
export interface ExecInspect {
  readonly ID: string;
  readonly Running: boolean;
  /** null until it has ended. */
  readonly ExitCode: number | null;
  readonly ProcessConfig: {
    readonly tty: boolean;
    readonly entrypoint: string;
    readonly arguments: readonly string[];
    readonly privileged: boolean;
    readonly user?: string;
  };
  readonly OpenStdin: boolean;
  readonly OpenStderr: boolean;
  readonly OpenStdout: boolean;
  readonly CanRemove: boolean;
  readonly ContainerID: string;
  /** The bytes of the sequence in base64, as Go writes them. */
  readonly DetachKeys: string;
  /** Host pid; 0 before the start. */
  readonly Pid: number;
}
