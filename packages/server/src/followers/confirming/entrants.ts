/** Entrants are readers whose space or position the node may only not have heard of yet: they wait until it knows (rule N6). */

import type { Millis, Timer } from "@neverstale/base";
import { type RevocationCode, SyncError } from "@neverstale/protocol";
import type { HubParts } from "../hub-parts.ts";
import type { Wire } from "../wire.ts";

export class Entrants {
  readonly #parts: HubParts;
  readonly #waiting = new Set<Entrant>();

  constructor(parts: HubParts) {
    this.#parts = parts;
  }

  /** Calls `judge` once the node knows, or tells `refuse` why not. This returns how to wait no more. */
  wait(wire: Wire | null, subject: unknown, { judge, refuse }: Judging): () => void {
    const { groups, knowledge, metrics } = this.#parts;
    if (this.#waiting.size >= groups.limits.entrants) {
      metrics.entrantsRefused += 1;
      refuse(cantKnow("too many wait until this node knows"));
      return () => {};
    }
    const timer = groups.runtime.after(LONGEST_WAIT_MS, () => this.#tooLate(entrant));
    const entrant: Entrant = { wire, subject, judge, refuse, timer, begun: knowledge.begun };
    this.#waiting.add(entrant);
    metrics.entrants = this.#waiting.size;
    knowledge.ask();
    return () => this.#remove(entrant);
  }

  #remove(entrant: Entrant): boolean {
    entrant.timer.cancel();
    const waited = this.#waiting.delete(entrant);
    this.#parts.metrics.entrants = this.#waiting.size;
    return waited;
  }

  #tooLate(entrant: Entrant): void {
    if (!this.#remove(entrant)) return;
    this.#parts.metrics.entrantsRefused += 1;
    entrant.refuse(cantKnow("this node can't ask the store whether it has heard of everything"));
  }

  /** The node knows more than before. */
  confirmed(): void {
    const { knowledge } = this.#parts;
    for (const entrant of [...this.#waiting]) {
      if (knowledge.isNewerThan(entrant.begun) && this.#remove(entrant)) entrant.judge();
    }
    if (this.#waiting.size > 0) knowledge.ask();
  }

  /** Closes everyone that `judge` names a code for (rule A11). It returns how many these were. */
  revoke(judge: (subject: unknown) => RevocationCode | null): number {
    let revoked = 0;
    for (const entrant of [...this.#waiting]) {
      const { wire, subject } = entrant;
      const code = wire === null ? null : judge(subject);
      if (wire === null || code === null) continue;
      this.#remove(entrant);
      wire.close(code, "");
      revoked += 1;
    }
    return revoked;
  }

  close(): void {
    for (const entrant of [...this.#waiting]) {
      if (this.#remove(entrant)) entrant.refuse(new SyncError("shutting_down", "the store is being closed"));
    }
  }
}

interface Judging {
  readonly judge: () => void;
  readonly refuse: (error: SyncError) => void;
}

interface Entrant extends Judging {
  /** Null has no right that could be taken away. */
  readonly wire: Wire | null;
  readonly subject: unknown;
  /** A confirmation that was begun after this mark lets it in. */
  readonly begun: number;
  readonly timer: Timer;
}

/** A reader goes to another node, or comes back to this one. */
export function cantKnow(message: string): SyncError {
  const hint = "Come back in a moment, or go to another node.";
  return new SyncError("store_unavailable", message, { hint, retryAfterMs: 1_000 });
}

const LONGEST_WAIT_MS: Millis = 2_000;
