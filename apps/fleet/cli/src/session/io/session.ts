/** A fleet session is the time between a sign-in and a sign-out: requests and replicas of it carry its cookie. */

import { nodeEnvironment, StateSync, type StateSyncOptions } from "@neverstale/client";
import { ProblemDetails, SessionAnswer } from "@neverstale/fleet-domain";
import WebSocket, { type ClientOptions } from "ws";
import { Failure } from "../../command-line/failure.ts";
import type { SignInFlags } from "../../command-line/flags.ts";
import { findPassword } from "./password.ts";

const TIMEOUT_MS = 15_000;
const MAX_FRAME_BYTES = 256 * 1024 ** 2;

export class FleetSession {
  readonly #server: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #csrfToken: string;
  readonly user: string;

  private constructor(server: URL, headers: Readonly<Record<string, string>>, { user, csrfToken }: SessionAnswer) {
    this.#server = server;
    this.#headers = headers;
    this.#csrfToken = csrfToken;
    this.user = user;
  }

  /** Throws a `Failure` that says what to do. */
  static async signIn(options: SignInFlags): Promise<FleetSession> {
    const server = URL.parse(options.url);
    if (server === null || !/^https?:$/.test(server.protocol)) {
      throw new Failure(`${options.url} is no address of a server`, {
        hint: "Give one such as http://127.0.0.1:8080.",
      });
    }
    const password = await findPassword(options.passwordFile, options.user);
    const origin = { origin: server.origin };
    const body = JSON.stringify({ username: options.user, password });
    const answer = await request(server, "POST", "/api/login", { ...origin, "content-type": "application/json" }, body);
    const cookie = answer.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
    return new FleetSession(server, { ...origin, cookie: cookie.join("; ") }, SessionAnswer.parse(await answer.json()));
  }

  /** Returns a replica that follows with this session. `path` is `/sync` or `/sync/output/<command id>`. */
  follow<State>(path: string, options: Omit<StateSyncOptions, "io" | "url" | "csrf"> = {}): StateSync<State> {
    return new StateSync<State>({
      ...options,
      url: below(this.#server, path).href,
      dispatchPath: below(this.#server, "/api/dispatch").pathname,
      io: nodeEnvironment({ WebSocket: Socket, headers: this.#headers }),
      csrf: () => this.#csrfToken,
    });
  }

  /** Returns a socket in the plain profile. */
  plainSocket(): WebSocket {
    const url = below(this.#server, "/sync");
    url.protocol = url.protocol.replace("http", "ws");
    return new WebSocket(url, {
      headers: this.#headers,
      maxPayload: MAX_FRAME_BYTES,
      handshakeTimeout: TIMEOUT_MS,
      perMessageDeflate: false,
    });
  }

  async getJson(path: string): Promise<unknown> {
    return await (await request(this.#server, "GET", path, this.#headers)).json();
  }

  /** Makes a request that changes something. */
  async postJson(path: string, body: object): Promise<unknown> {
    const headers = { ...this.#headers, "x-csrf-token": this.#csrfToken, "content-type": "application/json" };
    return await (await request(this.#server, "POST", path, headers, JSON.stringify(body))).json();
  }

  async getText(path: string): Promise<string> {
    return await (await request(this.#server, "GET", path, this.#headers)).text();
  }

  /** Ends the session. A server that can't be reached any more ends it by itself. */
  async signOut(): Promise<void> {
    await request(this.#server, "POST", "/api/logout", { ...this.#headers, "x-csrf-token": this.#csrfToken }).catch(
      () => {},
    );
  }
}

class Socket extends WebSocket {
  constructor(url: string, protocols: string[], options: ClientOptions) {
    super(url, protocols, { ...options, maxPayload: MAX_FRAME_BYTES, handshakeTimeout: TIMEOUT_MS });
  }
}

/** A server may lie below a path of its host. */
function below(server: URL, path: string): URL {
  return new URL(`${server.pathname.replace(/\/+$/, "")}${path}`, server);
}

async function request(
  server: URL,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Response> {
  const options = {
    method,
    headers,
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(body !== undefined && { body }),
  } as const;
  const answer = await fetch(below(server, path), options).catch((cause: unknown) => {
    throw new Failure(`${server.origin} doesn't answer`, {
      hint: "Is the server running, and is the address right? Give it with --url.",
      cause,
    });
  });
  if (answer.ok) return answer;
  const problem = ProblemDetails.safeParse(await answer.json().catch(() => null));
  throw problem.success
    ? new Failure(`${path}: ${problem.data.detail}`, { hint: problem.data.hint })
    : new Failure(`${path}: the server answered ${answer.status}`);
}
