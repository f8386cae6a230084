// What is asked about a request and its answer. The API declares the same for itself (api/authorization.ts), and neither
// imports the other.

export interface AuthorizedRequest {
  readonly user: string;
  readonly userMethod: string;
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  /** PEM. */
  readonly certificates: readonly string[];
}

export interface AuthorizedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

export interface AuthorizationBackend {
  request(request: AuthorizedRequest): Promise<void>;
  answer(request: AuthorizedRequest, answer: AuthorizedAnswer): Promise<void>;
}
