/** The visitor is whoever looks at this page, signed in or not. The session itself is a cookie that no script can read. */

import type { FleetSession, ShownNotifications } from "@neverstale/fleet-client";
import type {
  EnrollmentTokenRequest,
  LoginRequest,
  PasswordRequest,
  SessionAnswer,
  SetupRequest,
  TakeLinkRequest,
} from "@neverstale/fleet-domain";
import { createContext, useContext, useSyncExternalStore } from "react";

export class Visitor {
  readonly sessions: SessionRequests;
  readonly #listeners = new Set<() => void>();
  #state: VisitorState = { phase: "unknown" };

  constructor(sessions: SessionRequests) {
    this.sessions = sessions;
  }

  get state(): VisitorState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** It asks the server who is signed in. It rejects when the server can't be reached. */
  async load(): Promise<void> {
    const answer = await this.sessions.current();
    if (answer === null) return this.ended();
    this.#opened(answer);
  }

  async signIn(request: LoginRequest): Promise<void> {
    this.#opened(await this.sessions.signIn(request));
  }

  /** A trusted proxy has said who the visitor is. */
  async signInByProxy(code: { readonly totp?: string }): Promise<void> {
    this.#opened(await this.sessions.signInByProxy(code));
  }

  /** It uses the one-time link that a new server prints. */
  async setUp(request: SetupRequest): Promise<void> {
    this.#opened(await this.sessions.setUp(request));
  }

  /** It sets the password by the one-time link of an invitation, and signs in. */
  async takeInvitation(request: TakeLinkRequest): Promise<void> {
    this.#opened(await this.sessions.takeInvitation(request));
  }

  /** The visitor left. */
  left(): void {
    this.#become({ phase: "signed_out", before: null });
  }

  /** The server accepts this session no more. */
  ended(): void {
    if (this.#state.phase === "signed_out") return;
    this.#become({ phase: "signed_out", before: this.#state.phase === "signed_in" ? this.#state.user : null });
  }

  #opened({ user, role, tags }: SessionAnswer): void {
    this.#become({ phase: "signed_in", user, role, tags: tags ?? null });
  }

  #become(state: VisitorState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export type VisitorState =
  /** The server was not asked yet. */
  | { readonly phase: "unknown" }
  /** `before` was signed in on this page until the session ended. It is null at the start and after signing out. */
  | { readonly phase: "signed_out"; readonly before: string | null }
  | {
      readonly phase: "signed_in";
      readonly user: string;
      readonly role: SessionAnswer["role"];
      /** Null stands for the whole fleet. */
      readonly tags: readonly string[] | null;
    };

/** The token is shown here and never again. `sha256` is the hash of the agent that the server hands out. */
export type MadeToken = Awaited<ReturnType<FleetSession["makeToken"]>>;

/** All but `setPassword` and `signOut` reject with an error whose message is a sentence for the visitor. */
export interface SessionRequests {
  /** It resolves with null when nobody is signed in. */
  current(): Promise<SessionAnswer | null>;
  signIn(request: LoginRequest): Promise<SessionAnswer>;
  /** It resolves with whom a trusted proxy has named, or with null. */
  proxyUser(): Promise<string | null>;
  signInByProxy(code: { readonly totp?: string }): Promise<SessionAnswer>;
  setUp(request: SetupRequest): Promise<SessionAnswer>;
  takeInvitation(request: TakeLinkRequest): Promise<SessionAnswer>;
  setPassword(request: PasswordRequest): Promise<void>;
  /** It makes an enrolment token, which admins may. */
  makeToken(request: EnrollmentTokenRequest): Promise<MadeToken>;
  /** These are for admins too. */
  notifications(): Promise<ShownNotifications>;
  testNotification(target: string): Promise<void>;
  /** It ends the session at the server. */
  signOut(): Promise<void>;
}

export const VisitorContext = createContext<Visitor | null>(null);

export function useVisitor(): Visitor {
  const visitor = useContext(VisitorContext);
  if (visitor === null) throw new Error("no Visitor around this component");
  return visitor;
}

export function useVisitorState(): VisitorState {
  const visitor = useVisitor();
  return useSyncExternalStore(visitor.subscribe, () => visitor.state);
}
