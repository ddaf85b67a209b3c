/** Outgoing calls are those that were forwarded over one link, until each has its answer. */

import { type LineAnswer, SyncError } from "@neverstale/protocol";
import type { Applied } from "../../authority/transaction.ts";
import { boundedMessages } from "../link/bounded-messages.ts";
import { type CallAnswer, eachAnswered } from "../link/call-answers.ts";
import { callsSaid } from "../link/forwarded-calls.ts";
import type { NodeLinkLimits } from "../link/link-limits.ts";
import { SentCalls } from "../link/sent-calls.ts";
import { errorTold, type ToldError } from "../link/told-error.ts";
import { type AnswerTo, type ForwardedCall, ForwardFailure } from "../node-link.ts";
import { mostBytes } from "./line.ts";

/** Calls of one turn of the event loop go together, since a message for each would cost more than all the rest of a call. */
export class OutgoingCalls {
  readonly #parts: OutgoingCallsParts;
  #gathered: GatheredCall[] = [];
  readonly #sent = new SentCalls<GatheredCall>();
  #lastId = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(parts: OutgoingCallsParts) {
    this.#parts = parts;
  }

  forward<Call extends ForwardedCall>(call: Call): Promise<AnswerTo<Call>> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) setImmediate(() => this.#send());
      this.#gathered.push({ call, resolve: resolve as GatheredCall["resolve"], reject });
    });
  }

  received(answers: readonly CallAnswer[]): void {
    for (const answer of answers) eachAnswered(answer, this);
  }

  /** An answer that came too late is nobody's. */
  answered(id: number, answer: Applied | LineAnswer): void {
    this.#sent.take(id)?.resolve(answer);
  }

  refused(id: number, error: ToldError): void {
    this.#sent.take(id)?.reject(errorTold(error));
  }

  /** The connection broke. */
  lost(): void {
    for (const { reject } of this.#gathered.splice(0)) reject(notSent());
    for (const { reject } of this.#sent.takeAll()) reject(noAnswer());
  }

  #send(): void {
    const calls = this.#gathered.splice(0);
    if (calls.length === 0) return;
    const { limits, send } = this.#parts;
    const first = this.#lastId + 1;
    this.#lastId += calls.length;
    const messageOf = (some: readonly GatheredCall[], from: number) => {
      const said = callsSaid(
        first + from,
        some.map(({ call }) => call),
      );
      return Buffer.from(JSON.stringify(said));
    };
    const sentAt = performance.now();
    for (const { message, items, from } of boundedMessages(mostBytes(limits), calls, messageOf)) {
      if (message.length > limits.messageBytes) {
        for (const { reject } of items) reject(tooLarge(limits.messageBytes));
        continue;
      }
      this.#sent.add(first + from, items, sentAt);
      send(message);
    }
    this.#watch(limits.answerMs);
  }

  /** One timer watches over all of them: the one that was sent first is given up first. */
  #watch(ms: number): void {
    this.#timer ??= setTimeout(() => this.#giveUp(), ms).unref();
  }

  #giveUp(): void {
    this.#timer = null;
    const { answerMs } = this.#parts.limits;
    const now = performance.now();
    for (let at = this.#sent.oldest; at !== null; at = this.#sent.oldest) {
      const left = at + answerMs - now;
      if (left > 0) return this.#watch(left);
      for (const { reject } of this.#sent.takeOldest()) reject(noAnswer());
    }
  }
}

interface OutgoingCallsParts {
  readonly limits: Pick<NodeLinkLimits, "messageBytes" | "answerMs">;
  /** When the connection breaks meanwhile, `lost` is called. */
  readonly send: (message: Buffer) => void;
}

interface GatheredCall {
  readonly call: ForwardedCall;
  /** Each call is answered in the form that is its own. */
  readonly resolve: (answer: Applied | LineAnswer) => void;
  readonly reject: (error: Error) => void;
}

export function notSent(): ForwardFailure {
  return new ForwardFailure(false, "there is no link to that node");
}

export function noAnswer(): ForwardFailure {
  return new ForwardFailure(true, "the node gave no answer");
}

function tooLarge(most: number): SyncError {
  return new SyncError("invalid_change", "the call is too large to be sent to the node that decides changes", {
    hint: `A call has at most ${most} bytes as a message between nodes: make several of it.`,
  });
}
