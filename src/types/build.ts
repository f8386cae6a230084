// Builds on the wire, as far as Docker's API does not have it: what tsker's own client asks for and is told besides the
// classic stream. Shared by client and daemon; types only.

/** How a step of a build goes on; sent as `step` of a message when the query says `steps=1`. */
export interface BuildStepMessage {
  /** From 1, as in `Step 3/7`. */
  readonly number: number;
  readonly total: number;
  /** Name of the stage, or its number. */
  readonly stage: string;
  /** The instruction as it is shown: `RUN make`. */
  readonly text: string;
  readonly state: 'started' | 'cached' | 'done' | 'failed';
  /** At the end; absent before. */
  readonly milliseconds?: number;
  /** Bytes that the step added to the image; absent where it adds no layer. */
  readonly size?: number;
  /** Why it ran and was not taken from the cache: `file src/a.c changed`. */
  readonly reason?: string;
}

/**
 * What stands before the context in the body, when the header `X-Tsker-Preamble` says how many bytes of it are JSON. It
 * is kept in memory only, and never logged.
 */
export interface BuildPreamble {
  /** `--secret`: id → base64 of its content. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** `--ssh`: the id of the connection that POST /build/ssh opened. */
  readonly ssh?: { readonly session: string; readonly ids: readonly string[] };
}
