/** Requests and answers over the simulated HTTP. */

export interface SimRequest {
  readonly client: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface SimAnswer {
  readonly status: number;
  readonly text: string;
}
