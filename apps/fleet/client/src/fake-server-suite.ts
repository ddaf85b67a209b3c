import type { Environment, HttpAnswer, HttpRequest } from "@neverstale/client";

/** A server whose answers are the test's, and the environment of a client of it: time stands still. */
export class FakeServer {
  readonly requests: HttpRequest[] = [];
  readonly sockets: string[] = [];
  readonly #answers: readonly HttpAnswer[];
  readonly io: Environment;

  /** It answers with these in turn, and with the last one for ever. */
  constructor(...answers: readonly HttpAnswer[]) {
    this.#answers = answers;
    this.io = {
      now: () => 0,
      wallTime: () => 1_700_000_000_000,
      chance: () => 0.5,
      newId: () => "id",
      after: () => ({ cancel: () => {} }),
      baseUrl: "http://fleet.test/base/hosts",
      openSocket: (url, protocols) => {
        this.sockets.push([url, ...protocols].join(" "));
        return { send: () => {}, close: () => {} };
      },
      request: (request) => this.#answer(request),
      inflate: () => "",
      watch: () => () => {},
    };
  }

  async #answer(request: HttpRequest): Promise<HttpAnswer> {
    const answer = this.#answers[Math.min(this.requests.length, this.#answers.length - 1)];
    this.requests.push(request);
    if (answer === undefined) throw new Error("no network");
    return answer;
  }

  /** What was asked for: method, address, body. */
  get asked(): readonly (readonly [string, string, unknown])[] {
    return this.requests.map(({ method, url, body }) => [method, url, body === null ? null : JSON.parse(body)]);
  }
}

export function json(status: number, body: unknown): HttpAnswer {
  return { status, retryAfter: null, text: body === undefined ? "" : JSON.stringify(body) };
}
