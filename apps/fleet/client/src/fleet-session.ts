/** A fleet session is what one user does at one server between a sign-in and a sign-out. */

import {
  browserEnvironment,
  StateSync as EngineStateSync,
  type Environment,
  failureOf,
  type HttpAnswer,
  type RequestOptions,
  request,
  type StateSyncOptions,
} from "@neverstale/client";
import type {
  EnrollmentTokenRequest,
  LoginRequest,
  OutputState,
  PasswordRequest,
  SessionAnswer,
  SetupRequest,
  TakeLinkRequest,
} from "@neverstale/fleet-domain";
import { type JsonValue, SyncError } from "@neverstale/protocol";
import { objectIn, textIn } from "./dispatch-answers.ts";
import { type ShownNotifications, shownNotifications } from "./notification-answers.ts";
import { given, StateSync, withoutSlash } from "./state-sync.ts";

/** The session itself is a cookie, which the environment keeps, or an API token, which it shows. Every failure is a `SyncError`. */
export class FleetSession {
  readonly #io: Environment;
  readonly #server: string;
  readonly #byToken: boolean;
  #token: string | null = null;
  /** The session is this user's. Null: nobody is known. */
  #user: string | null = null;

  constructor({ server = "", io = browserEnvironment(), byToken = false }: FleetSessionOptions = {}) {
    this.#io = io;
    this.#server = withoutSlash(server);
    this.#byToken = byToken;
  }

  /** Asks the server who is signed in. Null: nobody. */
  async load(): Promise<SessionAnswer | null> {
    const { status, text } = await this.#send("GET", "/api/session/here");
    if (status !== 204) return this.#begin(parsed(text));
    this.#end();
    return null;
  }

  /** It is sent once: a wrong password is not tried again. */
  async signIn(login: LoginRequest): Promise<SessionAnswer> {
    return this.#begin(parsed((await this.#send("POST", "/api/login", given({ ...login }))).text));
  }

  /** Asks whom a trusted proxy names. Null: nobody. */
  async proxyUser(): Promise<string | null> {
    const { status, text } = await this.#send("GET", "/api/login/proxy");
    return status === 204 ? null : textIn(objectIn(parsed(text)), "user");
  }

  /** Signs in whom a trusted proxy names. */
  async signInByProxy(code: { readonly totp?: string } = {}): Promise<SessionAnswer> {
    return this.#begin(parsed((await this.#send("POST", "/api/login/proxy", given({ ...code }))).text));
  }

  /** Takes up the one-time link that a new server prints. */
  async setUp(setup: SetupRequest): Promise<SessionAnswer> {
    return this.#begin(parsed((await this.#send("POST", "/api/setup", given({ ...setup }))).text));
  }

  /** Sets the password by the one-time link of an invitation, and signs in. */
  async takeInvitation(taken: TakeLinkRequest): Promise<SessionAnswer> {
    return this.#begin(parsed((await this.#send("POST", "/api/invitation", given({ ...taken }))).text));
  }

  async setPassword(change: PasswordRequest): Promise<void> {
    await this.request("/api/password", given({ ...change }));
  }

  /** Makes an enrolment token. `sha256` is the hash of the agent that the server hands out to whoever enrols. */
  async makeToken(asked: EnrollmentTokenRequest): Promise<{ token: string; expiresAt: string; sha256: string }> {
    const handedOut = objectIn(await this.get("/api/agent-package"));
    const made = objectIn(await this.request("/api/enrollment-tokens", given({ ...asked })));
    return {
      token: textIn(made, "token"),
      expiresAt: textIn(made, "expiresAt"),
      sha256: textIn(handedOut, "sha256"),
    };
  }

  /** Says where people are told of alerts, and what became of the newest notifications. */
  async notifications(): Promise<ShownNotifications> {
    return shownNotifications(await this.get("/api/notifications?limit=20"));
  }

  /** Has a test sent to a notify target. The next answer of `notifications` shows what becomes of it. */
  async testNotification(target: string, options: RequestOptions = {}): Promise<void> {
    await this.request(`/api/notifications/${encodeURIComponent(target)}/test`, undefined, options);
  }

  /** Ends the session at the server. */
  async signOut(options: RequestOptions = {}): Promise<void> {
    await this.request("/api/logout", undefined, options);
    this.#end();
  }

  /** Goes on for this user, whose session there is, without having asked the server, which may be away. */
  goOnFor(user: string): void {
    this.#user = user;
  }

  /** Returns a replica of the fleet. */
  follow(options: SessionSyncOptions = {}): StateSync {
    return new StateSync({ ...options, ...this.#csrf(), server: this.#server, io: this.#io, byToken: this.#byToken });
  }

  /** Returns a replica of what one command writes. */
  followOutput(commandId: string, options: SessionSyncOptions = {}): EngineStateSync<OutputState> {
    const url = `${this.#server}/sync/output/${encodeURIComponent(commandId)}`;
    return new EngineStateSync<OutputState>({ ...options, ...this.#csrf(), url, io: this.#io });
  }

  /** Resolves with the JSON that this path of the server answers. */
  async get(path: string, signal: AbortSignal | null = null): Promise<JsonValue> {
    return parsed(await this.getText(path, signal));
  }

  async getText(path: string, signal: AbortSignal | null = null): Promise<string> {
    return (await this.#send("GET", path, undefined, signal)).text;
  }

  /** Sends a request with an effect, and carries it to a known end (rules D1, D3), as the engine's `request` does. */
  request(path: string, body: JsonValue | undefined, options: RequestOptions = {}): Promise<JsonValue> {
    const csrf = { get: async (refresh: boolean) => (this.#byToken ? null : await this.csrfToken({ refresh })) };
    return request({ io: this.#io, csrf, url: this.#url(path) }, body, options);
  }

  /** Resolves with the CSRF token of the session. A replica that is made by hand needs it. */
  readonly csrfToken = async ({ refresh }: { readonly refresh: boolean }): Promise<string> => {
    const token = refresh ? null : this.#token;
    if (token !== null) return token;
    const user = this.#user;
    const answer = await this.get("/api/session");
    if (user !== null && textIn(objectIn(answer), "user") !== user)
      throw new SyncError("not_signed_in", "somebody else has signed in since, in another tab", {
        hint: "Sign in again.",
      });
    return this.#begin(answer).csrfToken;
  };

  #csrf(): Pick<StateSyncOptions, "csrf"> {
    return this.#byToken ? {} : { csrf: this.csrfToken };
  }

  #begin(answer: JsonValue): SessionAnswer {
    const session = objectIn(answer);
    const role = textIn(session, "role") as SessionAnswer["role"];
    const tags = session["tags"] as SessionAnswer["tags"];
    const named = { user: textIn(session, "user"), role, ...(tags !== undefined && { tags }) };
    const opened = { ...named, csrfToken: textIn(session, "csrfToken") };
    this.#token = opened.csrfToken;
    this.#user = opened.user;
    return opened;
  }

  #end(): void {
    this.#token = null;
    this.#user = null;
  }

  /** It is sent once. */
  async #send(method: string, path: string, body?: JsonValue, signal: AbortSignal | null = null): Promise<HttpAnswer> {
    const answer = await this.#io
      .request({
        method,
        url: this.#url(path),
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? null : JSON.stringify(body),
        timeoutMs: TIMEOUT_MS,
        signal,
      })
      .catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw new SyncError("unreachable", "no answer came", {
          hint: "Is the server running, and is its address right?",
          cause,
        });
      });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw failureOf(answer, this.#io.wallTime()).error;
  }

  #url(path: string): string {
    return new URL(this.#server + path, this.#io.baseUrl ?? undefined).href;
  }
}

export interface FleetSessionOptions {
  /** This is the address of the server, such as `https://fleet.example/base`. By default it is where the page came from. */
  readonly server?: string;
  /** By default it is that of a page. A Node program gives one that keeps cookies: `cookieEnvironment`. */
  readonly io?: Environment;
  /** The environment shows an API token (`tokenEnvironment`), so nobody signs in, and no CSRF token is asked for. */
  readonly byToken?: boolean;
}

export type SessionSyncOptions = Omit<StateSyncOptions, "url" | "io" | "csrf">;

/** A request that is sent once waits so long for its answer. */
const TIMEOUT_MS = 15_000;

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new SyncError("unreachable", "the answer could not be read", { cause });
  }
}
