/** The server itself looks whether its audit events follow each other. Whoever does not trust it proves the store from outside. */

import type { AuditChain, AuditProof } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../fleet/refusal.ts";
import { type AuditManager, chainOf, eventsBetween } from "./archive.ts";
import { ChainProof } from "./chain-proof.ts";

/** One proof looks at so many of the newest events (B174). */
const MOST_PROVED = 100_000;
/** So many run at once (B174): each hashes for a while. */
const MOST_PROOFS = 1;
const ROWS = 250;

export class AuditProofs {
  readonly #parts: AuditProofsParts;
  #running = 0;
  #refused = 0;

  constructor(parts: AuditProofsParts) {
    this.#parts = parts;
  }

  get metrics(): { auditProofs: number; limitAuditProofs: number; auditProofsRefusedTotal: number } {
    return { auditProofs: this.#running, limitAuditProofs: MOST_PROOFS, auditProofsRefusedTotal: this.#refused };
  }

  /** Others have their turn after each page of events. */
  async prove(): Promise<AuditProof> {
    if (this.#running >= MOST_PROOFS) {
      this.#refused += 1;
      throw new RequestRefusal("too_many_requests", "the audit is being proved already", {
        retryAfterS: 2,
        hint: "Ask again when that is done.",
      });
    }
    this.#running += 1;
    try {
      return await this.#prove();
    } finally {
      this.#running -= 1;
    }
  }

  async #prove(): Promise<AuditProof> {
    const { manager, hashOf, pause, most = MOST_PROVED } = this.#parts;
    const chain = chainOf(manager); // Events that come meanwhile are not part of it.
    if (chain === null) throw new RequestRefusal("not_found", "nothing was audited yet");
    const begin = await this.#begin(chain, most);
    const proof = new ChainProof(begin === null ? chain : { ...chain, anchor: begin }, hashOf);
    const first = (begin?.sequence ?? 0) + 1;
    for (let from = first; from <= chain.sequence && !proof.isBroken; from += ROWS) {
      const to = Math.min(from + ROWS, chain.sequence + 1);
      for (const event of await eventsBetween(manager, from, to))
        proof.take({ where: "live state", sequence: event.sequence ?? 0, event });
      await pause();
    }
    const { proved, events, head, break: broken } = proof.end();
    const { begunAt, archived, anchor } = chain;
    return {
      ...{ begunAt, archived, head, events, from: first, proved },
      ...(anchor !== undefined && { anchor }),
      ...(broken !== null && { break: broken }),
    };
  }

  /** The event before the first one that is looked at is taken as it is. It is null for the begin of the chain. */
  async #begin({ anchor, sequence }: AuditChain, most: number): Promise<AuditChain["anchor"] | null> {
    const before = Math.max(anchor?.sequence ?? 0, sequence - most);
    if (before === (anchor?.sequence ?? 0)) return anchor ?? null;
    const [event] = await eventsBetween(this.#parts.manager, before, before + 1);
    if (event?.hash === undefined) return anchor ?? null;
    return { sequence: before, hash: event.hash, at: event.at };
  }
}

export interface AuditProofsParts {
  readonly manager: AuditManager;
  readonly hashOf: (text: string) => string;
  readonly pause: () => Promise<void>;
  readonly most?: number;
}
