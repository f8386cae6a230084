// What the commit route needs of the engine; daemon/commit.ts plays it. Types only.

export interface CommitRequest {
  /** Name or id. */
  readonly container: string;
  readonly repo: string | undefined;
  readonly tag: string | undefined;
  readonly author: string;
  readonly comment: string;
  readonly pause: boolean;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
}

export interface CommitBackend {
  /** The new image's id. */
  commit(request: CommitRequest, signal: AbortSignal): Promise<string>;
}
