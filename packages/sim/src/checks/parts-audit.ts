/** The audit of parts holds the parts of messages on one connection to rule M9. */

import type { WireMessage, WirePart } from "../network/frames.ts";
import type { Report } from "./history.ts";

export class PartsAudit {
  readonly #report: Report;
  readonly #asked: boolean;
  /** Then an answer waits for the end of the message, and stands behind the step (rule E7). */
  readonly #isStepDue: () => boolean;
  /** This is the last part that was put of a message that is not complete. */
  #last: WirePart | null = null;
  /** This check has come while a message was under way, and was not answered yet. */
  #owedCheck: number | null = null;

  constructor(report: Report, asked: boolean, isStepDue: () => boolean) {
    this.#isStepDue = isStepDue;
    this.#report = report;
    this.#asked = asked;
  }

  get underWay(): boolean {
    return this.#last !== null;
  }

  put(id: string, message: WireMessage): void {
    const { part } = message;
    if (part !== null) return this.#putPart(id, part);
    if (message.type === "error") return;
    const said = message.type === "sync" ? numberOf(message.text, "part") : null;
    const isInPlace = message.type === "sync" ? said === (this.#last?.end ?? null) : this.#last === null;
    if (isInPlace) return this.#noteAnswer(message);
    this.#report("M9", `${id} is put a ${message.type} (${said}) behind byte ${this.#last?.end} of a message in parts`);
  }

  #putPart(id: string, part: WirePart): void {
    if (!this.#asked) this.#report("M9", `${id} is put a part, and asked for none`);
    const isNext = this.#last === null ? part.from === 0 : this.#last.of === part.of && this.#last.end === part.from;
    if (!isNext) this.#report("M9", `${id} is put a part from ${part.from} on behind one up to ${this.#last?.end}`);
    if (this.#owedCheck !== null && !this.#isStepDue()) {
      this.#report("M9", `${id} is put a part before the answer to check ${this.#owedCheck}`);
    }
    this.#last = part.isLast ? null : part;
    if (part.isLast) this.#owedCheck = null;
  }

  #noteAnswer({ text }: WireMessage): void {
    const check = numberOf(text, "check");
    if (check !== null && this.#owedCheck !== null && check >= this.#owedCheck) this.#owedCheck = null;
  }

  /** A check has reached the authority. */
  heardCheck(n: number): void {
    if (this.underWay) this.#owedCheck ??= n;
  }
}

function numberOf(text: string, name: string): number | null {
  const found = new RegExp(`"${name}":(\\d+)`).exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
