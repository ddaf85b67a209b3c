/** Admission decides who is let in, at the moment of letting in: by the judge, by how many there are, by rights that went meanwhile. */

import { CLOSE, type RevocationCode } from "@neverstale/protocol";
import type { Attachment } from "../followers/sync-hub.ts";
import type { SyncMetrics } from "../followers/sync-metrics.ts";
import type { Limits } from "../limits/limits.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Attempt } from "./attempt.ts";
import type { Judge, Judged } from "./judge.ts";
import {
  NO_ROOM,
  NO_ROOM_FOR_ADDRESS,
  type Refusal,
  RIGHT_TAKEN_AWAY,
  RIGHTS_CHANGED,
  SESSION_ENDED,
  SHUTTING_DOWN,
  UNJUDGED,
} from "./refusal.ts";
import { TurnQuota } from "./turn-quota.ts";

export class Admission<Request> {
  readonly #parts: AdmissionParts<Request>;
  readonly #begun: TurnQuota;
  /** Those who are in: in all, and from each address. */
  #inside = 0;
  readonly #byAddress = new Map<string, number>();
  /** Attempts that are being judged, and what was revoked meanwhile. */
  #judging = 0;
  #revocations: Revocation[] = [];
  #closing = false;

  constructor(parts: AdmissionParts<Request>) {
    this.#parts = parts;
    this.#begun = new TurnQuota(parts.runtime, BEGUN_A_TURN);
  }

  /**
   * Judges an attempt; `answer` is called once, and what it is given holds at that very moment: it lets in, or turns away,
   * before it returns.
   */
  ask(request: Request, attempt: Attempt, answer: (judged: Judged) => void): void {
    this.#judging += 1;
    const limited = this.#overLimit(attempt.address);
    if (limited !== null) return this.#answer(attempt, { verdict: limited, fromPage: false }, answer);
    this.#parts.judge.judge(request, attempt).then((judged) => {
      const answerNow = () => this.#answer(attempt, judged, answer);
      // A refusal is little work, and while it waited it would count against those who may come.
      if (this.#parts.takesRoom(judged)) this.#begun.run(answerNow);
      else answerNow();
    });
  }

  #answer({ address }: Attempt, judged: Judged, answer: (judged: Judged) => void): void {
    answer(this.#standing(address, judged));
  }

  /**
   * It returns what is left of a verdict that took its time: meanwhile rights went (rule A11), others came, or the end began.
   */
  #standing(address: string, judged: Judged): Judged {
    const { verdict } = judged;
    try {
      const limited = this.#parts.takesRoom(judged) ? this.#overLimit(address) : null;
      return { ...judged, verdict: limited ?? ("refuse" in verdict ? verdict : this.#afterRevocations(verdict)) };
    } catch (error) {
      this.#parts.report(error);
      return { ...judged, verdict: UNJUDGED };
    } finally {
      this.#judging -= 1;
      if (this.#judging === 0) this.#revocations = [];
    }
  }

  /** A right that was taken away while it was being looked up is gone (rule A11). */
  #afterRevocations(attachment: Attachment): Attachment | Refusal {
    for (const revocation of this.#revocations) {
      const code = revocation(attachment.subject);
      if (code === CLOSE.notSignedIn) return SESSION_ENDED;
      if (code === CLOSE.forbidden) return RIGHT_TAKEN_AWAY;
      if (code !== null) return RIGHTS_CHANGED;
    }
    return attachment;
  }

  /** It counts whom it refuses (rule A10). Nobody who was refused is asked about again. */
  #overLimit(address: string): Refusal | null {
    if (this.#closing) return SHUTTING_DOWN;
    const { limits, metrics } = this.#parts;
    // Whoever is being judged holds a socket, too. The asker is among them.
    if (this.#inside + this.#judging > limits.connections) {
      metrics.tooManyConnections += 1;
      return NO_ROOM;
    }
    if ((this.#byAddress.get(address) ?? 0) < limits.connectionsPerAddress) return null;
    metrics.tooManyFromAddress += 1;
    return NO_ROOM_FOR_ADDRESS;
  }

  entered(address: string): void {
    this.#inside += 1;
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
  }

  left(address: string): void {
    this.#inside -= 1;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, left);
  }

  /** Whoever is being judged now is asked about once more before being let in. */
  revoke(revocation: Revocation): void {
    if (this.#judging > 0) this.#revocations.push(revocation);
  }

  /** Nobody is let in any more. */
  close(): void {
    this.#closing = true;
  }
}

/**
 * Connections that are begun in one turn of the event loop, some 5 ms of work: when thousands come at once, those who are
 * there already go on hearing of changes. Who waits for a turn counts as being judged, so there are `connections` at most.
 */
const BEGUN_A_TURN = 32;

export interface AdmissionParts<Request> {
  readonly judge: Pick<Judge<Request>, "judge">;
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly metrics: SyncMetrics;
  /** Whoever was judged so takes the room of a connection, if only to be told why it may not follow. */
  takesRoom(judged: Judged): boolean;
  /** This is told of what the owner's judgement of a revoked subject threw. */
  report(error: unknown): void;
}

/** A right that was taken away: the code says which connections lose it. */
export type Revocation = (subject: unknown) => RevocationCode | null;
