/** Open sockets are counted by who has them (C7), and closed when somebody loses the right to them (rule A11). */

import { RequestRefusal } from "../fleet/refusal.ts";

export class OpenSockets {
  readonly #limits: SocketLimits;
  readonly #ofSession = new Map<string, number>();
  readonly #ofAgent = new Map<string, number>();
  readonly #closers: ((judge: SubjectJudge) => void)[] = [];
  /** These count how often one more was refused. */
  readonly metrics = { tooManyOfSession: 0, tooManyOfAgent: 0 };

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  /** From now on `close`, too, closes the sockets that a judge condemns. */
  closeBy(close: (judge: SubjectJudge) => void): void {
    this.#closers.push(close);
  }

  #close(judge: SubjectJudge): void {
    for (const close of this.#closers) close(judge);
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

  /** It returns the hashes of the sessions that have a socket open. */
  sessions(): string[] {
    return [...this.#ofSession.keys()];
  }

  /** It closes the sockets of sessions and API tokens that have ended. */
  revokeSessions(hashes: readonly string[]): void {
    const ended = new Set(hashes);
    if (ended.size > 0)
      this.#close((subject) => (subject.kind === "user" && ended.has(subject.sessionHash) ? 4401 : null));
  }

  /** It sends the sockets of a user back at once. They are judged anew, and shown what the user may see now (rule V16). */
  judgeAnew(user: string): void {
    this.#close((subject) => (subject.kind === "user" && subject.user === user ? 1012 : null));
  }

  /** It closes the sockets of outputs that are not to be followed any more. */
  revokeOutputs(mayFollow: (subject: UserSubject) => boolean): void {
    this.#close((subject) =>
      subject.kind === "user" && subject.command !== null && !mayFollow(subject) ? 4403 : null,
    );
  }

  /** It closes the sockets of an agent whose host was removed. */
  revokeAgent(hostId: string): void {
    this.#close((subject) => (subject.kind === "agent" && subject.host === hostId ? 4403 : null));
  }
}

/** A socket belongs to this subject. */
export type Subject = UserSubject | { readonly kind: "agent"; readonly host: string };

export interface UserSubject {
  readonly kind: "user";
  readonly user: string;
  /** It is that of an API token where one was shown. */
  readonly sessionHash: string;
  readonly byToken: boolean;
  /** The output of this command is followed. Null stands for the fleet. */
  readonly command: string | null;
}

/** It says with which code a socket of this subject is closed. Null leaves it open. */
export type SubjectJudge = (subject: Subject) => null | 4401 | 4403 | 1012;

/** So many sockets may be open at once. In all there are as many as the engine allows. */
export interface SocketLimits {
  /** So many may come from one address, of those that show neither a session nor a credential. */
  readonly address: number;
  /** One session may have so many: the tabs of a browser, and a script that follows many outputs. */
  readonly session: number;
  /** One host's agent may have so many. It has one, and for a while those that it lost. */
  readonly agent: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = { address: 2_000, session: 1_000, agent: 10 };

const RETRY_AFTER_S = 5;
