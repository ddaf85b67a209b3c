/** Sessions are kept in memory for those who signed in while the store took no changes. */

import type { Session } from "@neverstale/fleet-domain";
import { hasEnded, type SessionSource } from "./decide.ts";

/** Whoever frees a full disk must be able to look. These sessions end as others do, and with this process. */
export class MemorySessions {
  readonly #sessions = new Map<string, Session>();
  readonly #maxSessions: number;

  constructor(maxSessions = MAX_SESSIONS) {
    this.#maxSessions = maxSessions;
  }

  get size(): number {
    return this.#sessions.size;
  }

  open(user: string, id: string, iso: string, from: SessionSource = {}): void {
    this.#sessions.set(id, { id, user, createdAt: iso, lastSeenAt: iso, ...from });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > this.#maxSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }

  list(): Session[] {
    return [...this.#sessions.values()];
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  see(ids: readonly string[], iso: string): void {
    for (const id of ids) {
      const session = this.#sessions.get(id);
      if (session !== undefined) this.#sessions.set(id, { ...session, lastSeenAt: iso });
    }
  }

  prove(id: string, iso: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) this.#sessions.set(id, { ...session, provedAt: iso });
  }

  /** It returns true when there was one. */
  end(id: string): boolean {
    return this.#sessions.delete(id);
  }

  /** It ends those that match, and returns their ids. */
  endAll(matches: (session: Session) => boolean): string[] {
    const ended = [...this.#sessions.values()].filter(matches).map((session) => session.id);
    for (const id of ended) this.#sessions.delete(id);
    return ended;
  }

  endOld(nowMs: number): string[] {
    return this.endAll((session) => hasEnded(session, nowMs));
  }
}

/** So many are kept. Beyond that the oldest end. */
const MAX_SESSIONS = 100;
