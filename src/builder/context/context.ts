// The build context as the engine sees it: a directory and the text of a Dockerfile. Where both came from (the body of the
// request, a git repository, an archive elsewhere) is the business of whoever made it.

export interface BuildContext {
  /**
   * A directory on the daemon's disk. Its content is hostile: links lead anywhere, files have any name. To be read only: the
   * next build of the same client may find its files here.
   */
  readonly root: string;
  readonly dockerfile: {
    /** As the user called it. */
    readonly name: string;
    readonly text: string;
  };
  /** Gives the directory back, and removes it when nobody else needs it. To be called once, however the build ends. */
  release(): Promise<void>;
}

/** What a context is received from. */
export interface ContextRequest {
  /** The body of the request: a tar archive, plain or compressed, when there is no `remote`. */
  readonly body: AsyncIterable<Uint8Array>;
  /** A git URL, the URL of an archive or Dockerfile; undefined: the body is the context. */
  readonly remote: string | undefined;
  /** What POST /build/context answered (query `context`): the body holds only what the daemon lacks. */
  readonly token: string | undefined;
  /** Path of the Dockerfile in the context, as the client wrote it; undefined: `Dockerfile`. */
  readonly dockerfile: string | undefined;
  /** For `Downloading build context from remote url: …` and the like. */
  readonly output: { send(message: { readonly stream: string }): void };
  readonly signal: AbortSignal;
}

/** Throws `invalid` with Docker's messages for what is no context (`the Dockerfile (x) cannot be empty`, …). */
export type ReceiveContext = (request: ContextRequest) => Promise<BuildContext>;
