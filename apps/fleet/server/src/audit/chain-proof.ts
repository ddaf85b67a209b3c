/** A chain is proved event by event: each must be what was hashed, and follow the one before it. */

import { type AuditChain, type AuditEvent, auditEventId, NO_HASH } from "@neverstale/fleet-domain";
import { canonicalJson, type JsonObject } from "@neverstale/protocol";
import { hashedText } from "./chain.ts";

/** A row was found in the store. `sequence` is what its place there says, whatever the event in it says. */
export interface FoundEvent {
  readonly where: "archive" | "history" | "live state";
  readonly sequence: number;
  readonly event: AuditEvent;
}

export interface ChainBreak {
  readonly id: string;
  /** It is null where nothing is left that would say it. */
  readonly at: string | null;
  readonly what: "altered" | "missing" | "reordered" | "inserted";
  readonly detail: string;
}

export interface AuditVerdict {
  readonly proved: boolean;
  /** So many events were proved. */
  readonly events: number;
  readonly first: { readonly sequence: number; readonly at: string } | null;
  /** Whoever notes this elsewhere can show later that the chain still holds it. */
  readonly head: { readonly sequence: number; readonly hash: string };
  readonly anchor: NonNullable<AuditChain["anchor"]> | null;
  /** So many events are from before the chain, and nothing proves them. */
  readonly beforeChain: number;
  readonly break: ChainBreak | null;
}

/** Events come in the order of their places. Nothing after the first break is looked at. */
export class ChainProof {
  readonly #chain: AuditChain;
  readonly #hashOf: (text: string) => string;
  /** This event of the chain was noted elsewhere. */
  readonly #noted: NotedHead | null;
  #last: { sequence: number; hash: string; text: string };
  #first: AuditVerdict["first"] = null;
  #events = 0;
  #beforeChain = 0;
  #break: ChainBreak | null = null;
  #isNotedFound = false;

  constructor(chain: AuditChain, hashOf: (text: string) => string, noted: NotedHead | null = null) {
    const { sequence = 0, hash = NO_HASH } = chain.anchor ?? {};
    this.#chain = chain;
    this.#hashOf = hashOf;
    this.#noted = noted;
    this.#last = { sequence, hash, text: "" };
    if (noted !== null && noted.sequence === sequence) this.#isNotedFound = noted.hash === hash;
  }

  get isBroken(): boolean {
    return this.#break !== null;
  }

  /** Such an event has no hash. Where the chain had begun already it has no business there. */
  takeOlder(event: AuditEvent): void {
    this.#beforeChain += 1;
    if (event.at > this.#chain.begunAt && event.sequence === undefined)
      this.#breaks("inserted", event, "it has no hash, and the chain had begun before it");
  }

  take({ where, sequence, event }: FoundEvent): void {
    if (this.#break !== null) return;
    const last = this.#last;
    if (sequence === last.sequence) return this.#takeAgain(where, sequence, event);
    if (sequence < last.sequence) return; // It is being let go of.
    if (sequence > last.sequence + 1) return this.#missing(last.sequence + 1, sequence - 1, event);
    const { hash = "" } = event;
    const isItself = this.#hash(event) === hash;
    if (isItself && event.sequence !== sequence)
      return this.#breaks("reordered", event, `in the ${where} it stands in the place of ${auditEventId(sequence)}`);
    if (!isItself) return this.#breaks("altered", event, `in the ${where} it is not what was hashed`, sequence);
    if (event.previousHash !== last.hash)
      return this.#breaks("altered", event, `it does not follow the event before it: one of the two was written anew`);
    if (this.#noted?.sequence === sequence) this.#isNotedFound = this.#noted.hash === hash;
    this.#first ??= { sequence, at: event.at };
    this.#events += 1;
    this.#last = { sequence, hash, text: textOf(event) };
  }

  end(): AuditVerdict {
    if (this.#break === null) this.#checkEnd();
    const { anchor = null, sequence, hash } = this.#chain;
    return {
      proved: this.#break === null,
      events: this.#events,
      first: this.#first,
      head: { sequence, hash },
      anchor,
      beforeChain: this.#beforeChain,
      break: this.#break,
    };
  }

  #checkEnd(): void {
    const { sequence, hash } = this.#chain;
    const last = this.#last;
    if (last.sequence < sequence) this.#missing(last.sequence + 1, sequence, null);
    else if (last.sequence > sequence || last.hash !== hash)
      this.#break = {
        id: auditEventId(last.sequence),
        at: null,
        what: last.sequence > sequence ? "inserted" : "altered",
        detail: `the chain is said to end with ${auditEventId(sequence)}, which has another hash or is not the last one`,
      };
    else if (this.#noted !== null && !this.#isNotedFound && this.#noted.sequence >= (this.#first?.sequence ?? 0))
      this.#break = {
        id: auditEventId(this.#noted.sequence),
        at: null,
        what: "altered",
        detail: "it has not the hash that was noted: the chain was written anew, or put back from a backup",
      };
  }

  /** An event may stand in two places, and must be the same in both. */
  #takeAgain(where: FoundEvent["where"], sequence: number, event: AuditEvent): void {
    if (this.#last.text === "" || textOf(event) === this.#last.text) return;
    this.#breaks("altered", event, `in the ${where} it is another one than elsewhere`, sequence);
  }

  #missing(from: number, to: number, next: AuditEvent | null): void {
    const detail = from === to ? "it is not there" : `${to - from + 1} events are not there, up to ${auditEventId(to)}`;
    this.#break = { id: auditEventId(from), at: next?.at ?? null, what: "missing", detail };
  }

  #breaks(what: ChainBreak["what"], event: AuditEvent, detail: string, sequence?: number): void {
    const id = sequence === undefined ? event.id : auditEventId(sequence);
    this.#break ??= { id, at: event.at ?? null, what, detail };
  }

  #hash(event: AuditEvent): string | null {
    try {
      return this.#hashOf(hashedText(event));
    } catch {
      return null; // It has no canonical form, so nothing like it was ever hashed.
    }
  }
}

export interface NotedHead {
  readonly sequence: number;
  readonly hash: string;
}

function textOf(event: AuditEvent): string {
  return canonicalJson(event as JsonObject);
}
