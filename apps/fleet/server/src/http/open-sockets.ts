/** The open sockets: who has how many (C7), and how those of whoever has lost the right to them are closed (rule A11). */

import { RequestRefusal } from "../fleet/refusal.ts";

/** Whom a socket belongs to. */
export type Subject =
  | { readonly kind: "user"; readonly user: string; readonly sessionHash: string }
  | { readonly kind: "agent"; readonly host: string };

/** It says with which code a socket of this subject is closed; null leaves it open. */
export type SubjectJudge = (subject: Subject) => null | 4401 | 4403;

/** How many sockets may be open at once; in all there are as many as the engine allows. */
export interface SocketLimits {
  /** From one address, of those that show neither a session nor a credential. */
  readonly address: number;
  /** Of one session: the tabs of a browser, and a script that follows many outputs. */
  readonly session: number;
  /** Of one host's agent. It has one, and for a while those that it lost. */
  readonly agent: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = { address: 2_000, session: 1_000, agent: 10 };

const RETRY_AFTER_S = 5;

export class OpenSockets {
  readonly #limits: SocketLimits;
  readonly #ofSession = new Map<string, number>();
  readonly #ofAgent = new Map<string, number>();
  #close: (judge: SubjectJudge) => void = () => {};
  /** How often one more was refused. */
  readonly metrics = { tooManyOfSession: 0, tooManyOfAgent: 0 };

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  /** From now on `close` closes the sockets that a judge condemns. */
  closeBy(close: (judge: SubjectJudge) => void): void {
    this.#close = close;
  }

  /** It counts one more until its connection closes, however that comes. Throws `too_many_requests` at the bound. */
  add(subject: Subject, connection: { once(event: "close", listener: () => void): unknown }): void {
    const isAgent = subject.kind === "agent";
    const counts = isAgent ? this.#ofAgent : this.#ofSession;
    const owner = isAgent ? subject.host : subject.sessionHash;
    const count = counts.get(owner) ?? 0;
    if (count >= (isAgent ? this.#limits.agent : this.#limits.session)) throw this.#refused(subject);
    counts.set(owner, count + 1);
    connection.once("close", () => {
      const left = (counts.get(owner) ?? 1) - 1;
      if (left === 0) counts.delete(owner);
      else counts.set(owner, left);
    });
  }

  #refused({ kind }: Subject): RequestRefusal {
    if (kind === "agent") this.metrics.tooManyOfAgent += 1;
    else this.metrics.tooManyOfSession += 1;
    const whose = kind === "agent" ? "host" : "session";
    return new RequestRefusal("too_many_requests", `this ${whose} has too many sockets open`, {
      retryAfterS: RETRY_AFTER_S,
      hint: "Close one of them, or come back later.",
    });
  }

  /** The hashes of the sessions that have one open. */
  sessions(): string[] {
    return [...this.#ofSession.keys()];
  }

  /** Closes the sockets of sessions that have ended. */
  revokeSessions(hashes: readonly string[]): void {
    const ended = new Set(hashes);
    if (ended.size > 0)
      this.#close((subject) => (subject.kind === "user" && ended.has(subject.sessionHash) ? 4401 : null));
  }

  /** Closes the sockets of a host's agent, whose host was removed. */
  revokeAgent(hostId: string): void {
    this.#close((subject) => (subject.kind === "agent" && subject.host === hostId ? 4403 : null));
  }
}
