/** A request over HTTP, as it is on its way. */
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
