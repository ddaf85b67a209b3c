/** The command line's session is a fleet session whose failures say to a person what to do. */

import { type StateSync as EngineStateSync, problemOf } from "@neverstale/client";
import {
  type CookieEnvironment,
  cookieEnvironment,
  FleetSession,
  type SessionSyncOptions,
  type StateSync,
  tokenEnvironment,
} from "@neverstale/fleet-client";
import type { LoginRequest, OutputState } from "@neverstale/fleet-domain";
import { type JsonObject, SyncError } from "@neverstale/protocol";
import WebSocket, { type ClientOptions } from "ws";
import { Failure } from "../../command-line/failure.ts";
import type { SignInFlags } from "../../command-line/flags.ts";
import { readApiToken } from "./api-token-file.ts";
import { findCode, findPassword } from "./password.ts";
import { distrustIn, trustAuthority } from "./trusted-authority.ts";

export class CommandLineSession {
  readonly #server: URL;
  readonly #environment: CookieEnvironment;
  readonly #session: FleetSession;
  readonly #byToken: boolean;

  private constructor(server: URL, token: string | null) {
    const { origin, pathname } = server;
    this.#server = server;
    this.#byToken = token !== null;
    this.#environment =
      token === null
        ? cookieEnvironment({ origin, WebSocket: Socket })
        : tokenEnvironment({ token, WebSocket: Socket });
    this.#session = new FleetSession({ server: origin + pathname, io: this.#environment.io, byToken: this.#byToken });
  }

  /** True means that a program acts, and nobody has signed in. */
  get isByToken(): boolean {
    return this.#byToken;
  }

  /** With an API token nobody signs in, since each request shows it. Throws a `Failure` that says what to do. */
  static async signIn(options: SignInFlags): Promise<CommandLineSession> {
    const server = serverAddress(options.url);
    if (options.caFile !== undefined) trustAuthority(options.caFile);
    if (options.tokenFile !== undefined) {
      const session = new CommandLineSession(server, readApiToken(options.tokenFile));
      await session.getJson("/api/api-token"); // One that is good for nothing is told of here, whatever the command is.
      return session;
    }
    const password = await findPassword(options.passwordFile, options.user);
    const session = new CommandLineSession(server, null);
    const login = { username: options.user, password };
    await session.#told(
      "/api/login",
      session.#session.signIn(login).catch((error) => session.#withCode(login, error)),
    );
    return session;
  }

  async #withCode(login: LoginRequest, error: unknown): Promise<unknown> {
    if (problemOf(error)?.code !== "totp_required") throw error;
    return await this.#session.signIn({ ...login, totp: await findCode("to sign in") });
  }

  /** Returns a replica of the fleet that follows with this session. */
  follow(options: SessionSyncOptions = {}): StateSync {
    return this.#session.follow(options);
  }

  /** Returns a replica of what a command writes. */
  followOutput(commandId: string, options: SessionSyncOptions = {}): EngineStateSync<OutputState> {
    return this.#session.followOutput(commandId, options);
  }

  /** Returns a socket in the plain profile. */
  plainSocket(): WebSocket {
    const url = new URL(`${this.#server.pathname.replace(/\/+$/, "")}/sync`, this.#server);
    url.protocol = url.protocol.replace("http", "ws");
    return new Socket(url.href, [], { headers: this.#environment.headers, perMessageDeflate: false });
  }

  getJson(path: string): Promise<unknown> {
    return this.#told(path, this.#session.get(path));
  }

  getText(path: string): Promise<string> {
    return this.#told(path, this.#session.getText(path));
  }

  /** Yields what is there as it comes, however much it is. Throws a `Failure` that says why there is nothing. */
  async *download(path: string): AsyncGenerator<Uint8Array> {
    const url = new URL(`${this.#server.pathname.replace(/\/+$/, "")}${path}`, this.#server);
    const answer = await fetch(url, { headers: { ...this.#environment.headers } }).catch((error: unknown) => {
      throw failureFor(error, path, this.#server);
    });
    if (!answer.ok || answer.body === null) {
      await answer.body?.cancel();
      await this.getText(path); // It says why, as for any other request.
      throw new Failure(`${path}: ${answer.status}`);
    }
    yield* answer.body;
  }

  /** Makes a request that changes something. */
  postJson(path: string, body: JsonObject): Promise<unknown> {
    return this.#told(path, this.#session.request(path, body));
  }

  /** Makes a request that changes what is at this path. */
  change(method: "POST" | "PATCH" | "DELETE", path: string, body?: JsonObject): Promise<unknown> {
    return this.#told(path, this.#session.request(path, body, { method }));
  }

  /** Ends the session. A server that can't be reached any more ends it by itself. A token is good for others after this one. */
  async signOut(): Promise<void> {
    if (this.#byToken) return;
    await this.#session.signOut({ timeoutMs: SIGN_OUT_MS }).catch(() => {});
  }

  async #told<T>(path: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw failureFor(error, path, this.#server);
    }
  }
}

function serverAddress(url: string): URL {
  const server = URL.parse(url);
  if (server !== null && /^https?:$/.test(server.protocol)) return server;
  throw new Failure(`${url} is no address of a server`, { hint: "Give one such as http://127.0.0.1:8080." });
}

const HANDSHAKE_MS = 15_000;
const SIGN_OUT_MS = 2_000;
const MAX_FRAME_BYTES = 256 * 1024 ** 2;

class Socket extends WebSocket {
  constructor(url: string, protocols: string[], options: ClientOptions) {
    super(url, protocols, { ...options, maxPayload: MAX_FRAME_BYTES, handshakeTimeout: HANDSHAKE_MS });
  }
}

function failureFor(error: unknown, path: string, server: URL): unknown {
  // Where the cause is an attempt before, nobody knows what became of the request. The error itself says how to find out.
  if (!(error instanceof SyncError) || error.cause instanceof SyncError) return error;
  if (problemOf(error) !== null) return new Failure(`${path}: ${error.message}`, { hint: error.hint });
  const distrust = distrustIn(error);
  if (distrust !== null)
    return new Failure(`${server.origin} is not trusted: ${distrust}`, {
      hint: "Give the file of the authority that has signed its certificate with --ca-file, and the name that is in it with --url.",
      cause: error,
    });
  return new Failure(`${server.origin} doesn't answer`, {
    hint: "Is the server running, and is the address right? Give it with --url.",
    cause: error,
  });
}
