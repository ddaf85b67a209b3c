/** The command line's session is a fleet session whose failures say to a person what to do. */

import { type StateSync as EngineStateSync, problemOf } from "@neverstale/client";
import {
  type CookieEnvironment,
  cookieEnvironment,
  FleetSession,
  type SessionSyncOptions,
  type StateSync,
} from "@neverstale/fleet-client";
import type { OutputState } from "@neverstale/fleet-domain";
import { type JsonObject, SyncError } from "@neverstale/protocol";
import WebSocket, { type ClientOptions } from "ws";
import { Failure } from "../../command-line/failure.ts";
import type { SignInFlags } from "../../command-line/flags.ts";
import { findPassword } from "./password.ts";

export class CommandLineSession {
  readonly #server: URL;
  readonly #environment: CookieEnvironment;
  readonly #session: FleetSession;

  private constructor(server: URL) {
    this.#server = server;
    this.#environment = cookieEnvironment({ origin: server.origin, WebSocket: Socket });
    this.#session = new FleetSession({ server: server.origin + server.pathname, io: this.#environment.io });
  }

  /** Throws a `Failure` that says what to do. */
  static async signIn(options: SignInFlags): Promise<CommandLineSession> {
    const server = URL.parse(options.url);
    if (server === null || !/^https?:$/.test(server.protocol)) {
      throw new Failure(`${options.url} is no address of a server`, {
        hint: "Give one such as http://127.0.0.1:8080.",
      });
    }
    const password = await findPassword(options.passwordFile, options.user);
    const session = new CommandLineSession(server);
    await session.#told("/api/login", session.#session.signIn({ username: options.user, password }));
    return session;
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

  /** Makes a request that changes something. */
  postJson(path: string, body: JsonObject): Promise<unknown> {
    return this.#told(path, this.#session.request(path, body));
  }

  /** Makes a request that changes what is at this path. */
  change(method: "POST" | "PATCH" | "DELETE", path: string, body?: JsonObject): Promise<unknown> {
    return this.#told(path, this.#session.request(path, body, { method }));
  }

  /** Ends the session. A server that can't be reached any more ends it by itself. */
  async signOut(): Promise<void> {
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
  return new Failure(`${server.origin} doesn't answer`, {
    hint: "Is the server running, and is the address right? Give it with --url.",
    cause: error,
  });
}
