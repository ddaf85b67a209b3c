import type { Duplex } from "node:stream";
import type { Subject } from "../../process/io/server.ts";
import { Refusal } from "../problem.ts";

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

/** Who has sockets open, and how many (C7). */
export class OpenSockets {
  readonly #limits: SocketLimits;
  readonly #ofSession = new Map<string, number>();
  readonly #ofAgent = new Map<string, number>();
  /** How often one more was refused. */
  readonly metrics = { tooManyOfSession: 0, tooManyOfAgent: 0 };

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  /** Counts one more until its connection closes, however that comes. Throws `too_many_requests` at the bound. */
  add(subject: Subject, connection: Duplex): void {
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

  #refused({ kind }: Subject): Refusal {
    if (kind === "agent") this.metrics.tooManyOfAgent += 1;
    else this.metrics.tooManyOfSession += 1;
    const whose = kind === "agent" ? "host" : "session";
    return new Refusal("too_many_requests", `this ${whose} has too many sockets open`, {
      retryAfterS: RETRY_AFTER_S,
      hint: "Close one of them, or come back later.",
    });
  }

  /** The hashes of the sessions that have one open. */
  sessions(): string[] {
    return [...this.#ofSession.keys()];
  }
}
