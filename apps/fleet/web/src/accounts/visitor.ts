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
import type { VisitorMemory } from "./remembered/remembered-visitor.ts";

export class Visitor {
  readonly sessions: SessionRequests;
  readonly #memory: VisitorMemory;
  readonly #listeners = new Set<() => void>();
  #state: VisitorState = { phase: "unknown" };

  constructor(sessions: SessionRequests, memory: VisitorMemory) {
    this.sessions = sessions;
    this.#memory = memory;
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
    await this.#finishLeaving();
    const answer = await this.sessions.current();
    if (answer === null) return this.ended();
    this.#opened(answer);
  }

  /** The server can't be asked: the page goes on for whom the browser remembers. It returns whether there is somebody. */
  goOn(): boolean {
    const remembered = this.#memory.read();
    if (remembered === null || this.#state.phase !== "unknown") return false;
    this.sessions.goOnFor(remembered.user);
    this.#become({ phase: "signed_in", ...remembered, isRemembered: true });
    return true;
  }

  /** The server is there again: it is asked who it is whom the browser remembered. What it does not answer is asked again at the next call. */
  confirm(): void {
    if (this.#state.phase !== "signed_in" || !this.#state.isRemembered || this.#isConfirming) return;
    this.#isConfirming = true;
    this.load()
      .catch(() => {})
      .finally(() => {
        this.#isConfirming = false;
      });
  }

  #isConfirming = false;

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

  /** Whoever has left while the server was away is signed out there before anything else is asked of it. */
  async #finishLeaving(): Promise<void> {
    if (!this.#memory.isLeaving()) return;
    if ((await this.sessions.current()) !== null) await this.sessions.signOut();
    this.#memory.hasLeft();
  }

  /** The visitor leaves, and the server can't be told now. It is told as soon as a page of this browser reaches it. */
  leftAway(): void {
    this.#memory.leave();
    this.left();
  }

  /** The visitor left. */
  left(): void {
    this.#memory.forget();
    this.#become({ phase: "signed_out", before: null, forgotten: null });
  }

  /** The server accepts this session no more. */
  ended(): void {
    const { phase } = this.#state;
    if (phase === "signed_out") return;
    const forgotten = this.#memory.read()?.user ?? null;
    this.#memory.forget();
    this.#become({
      phase: "signed_out",
      before: this.#state.phase === "signed_in" ? this.#state.user : null,
      forgotten,
    });
  }

  #opened({ user, role, tags }: SessionAnswer): void {
    const visitor = { user, role, tags: tags ?? null };
    this.#memory.hasLeft(); // It is another session than the one that was left.
    this.#memory.keep(visitor);
    this.#become({ phase: "signed_in", ...visitor, isRemembered: false });
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
  | {
      readonly phase: "signed_out";
      readonly before: string | null;
      /** The browser remembered this user, who has no session any more. */
      readonly forgotten: string | null;
    }
  | {
      readonly phase: "signed_in";
      readonly user: string;
      readonly role: SessionAnswer["role"];
      /** Null stands for the whole fleet. */
      readonly tags: readonly string[] | null;
      /** The server was away, and has not confirmed it yet. */
      readonly isRemembered: boolean;
    };

/** The token is shown here and never again. `sha256` is the hash of the agent that the server hands out. */
export type MadeToken = Awaited<ReturnType<FleetSession["makeToken"]>>;

/** All but `signOut` reject with an error whose message is a sentence for the visitor. */
export interface SessionRequests {
  /** It resolves with null when nobody is signed in. */
  current(): Promise<SessionAnswer | null>;
  /** The session is taken to be this user's, without asking. */
  goOnFor(user: string): void;
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
