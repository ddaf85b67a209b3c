/** The sender carries a line to its end: one request at a time, repeated with the same numbers until it is answered (rules U4 and U6). */

import { backoffMs, type Timer } from "@neverstale/base";
import {
  type JsonValue,
  type LineAnswer,
  type LineRequest,
  readLineAnswer,
  type SyncError,
} from "@neverstale/protocol";
import { BACKOFF } from "../machine/backoff.ts";
import { problemOf } from "../requests/answer.ts";
import { attempt, type RequestTarget } from "../requests/request.ts";
import type { LineEntry, MutationLine } from "./line.ts";

export class Sender {
  readonly #line: () => MutationLine;
  readonly #owner: SenderOwner;
  #isRunning = true;
  #isSending = false;
  #timer: Timer | null = null;
  #failures = 0;
  #abort: AbortController | null = null;
  /** The epoch that an answer named last. It may be newer than the one of the state. */
  #epoch: string | null = null;

  constructor(line: () => MutationLine, owner: SenderOwner) {
    this.#line = line;
    this.#owner = owner;
  }

  /** There is something to send, or a way to send it, again. */
  hurry(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#isRunning && !this.#isSending) this.#send();
  }

  start(): void {
    this.#isRunning = true;
    this.#failures = 0;
    this.hurry();
  }

  /** Nothing is sent any more. What is under way is given up: nobody waits for its answer. */
  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#abort?.abort();
  }

  #send(): void {
    const request = this.#line().request(this.#epoch ?? this.#owner.epoch() ?? "");
    if (request === null) return;
    this.#isSending = true;
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#owner.sending(this.#line().entriesOf(request));
    this.#ask(request, signal)
      .catch((): Reply => this.#lost(request, null)) // It was given up, or the answer was none.
      .then((reply) => {
        this.#isSending = false;
        if (signal.aborted && !this.#isRunning) return;
        this.#goOn(request, reply);
      });
  }

  async #ask(request: LineRequest, signal: AbortSignal): Promise<Reply> {
    const { target } = this.#owner;
    const giveUpAt = target.io.now() + ATTEMPT_MS;
    const body = request as unknown as JsonValue;
    let outcome = await attempt(target, body, null, false, giveUpAt, { signal });
    if (outcome.type === "csrf_failed") outcome = await attempt(target, body, null, true, giveUpAt, { signal });
    if (outcome.type === "done") return { answer: readLineAnswer(outcome.body) };
    if (outcome.type === "lost") return this.#lost(request, outcome.error);
    return outcome.type === "later" ? { waitMs: this.#nextWait(outcome.error) } : { refusal: outcome.error };
  }

  #lost(request: LineRequest, error: SyncError | null): Reply {
    for (const entry of this.#line().entriesOf(request)) entry.wasLost = true;
    return { waitMs: this.#nextWait(error) };
  }

  #nextWait(error: SyncError | null): number {
    this.#failures += 1;
    return Math.max(backoffMs(BACKOFF, this.#failures, this.#owner.target.io.chance()), error?.retryAfterMs ?? 0);
  }

  #goOn(request: LineRequest, reply: Reply): void {
    if ("waitMs" in reply) return this.#sendAfter(reply.waitMs);
    if ("refusal" in reply) {
      if (reply.refusal.code === "not_signed_in") return; // Whoever signs in goes on.
      this.#owner.refused(reply.refusal, problemOf(reply.refusal)?.code ?? reply.refusal.code);
      return this.hurry();
    }
    const { answer } = reply;
    const isAskedAnew = answer.epoch !== request.epoch && this.#failures === 0;
    this.#epoch = answer.epoch;
    if (!this.#owner.answered(request, answer) && !isAskedAnew) return this.#sendAfter(this.#nextWait(null));
    this.#failures = isAskedAnew ? 1 : 0; // An epoch that is another one each time is no reason to ask without end.
    this.hurry();
  }

  #sendAfter(ms: number): void {
    if (!this.#isRunning) return;
    this.#timer = this.#owner.target.io.after(ms, () => this.hurry());
  }
}

/** One attempt waits so long for its answer. */
const ATTEMPT_MS = 10_000;

type Reply = { readonly answer: LineAnswer } | { readonly waitMs: number } | { readonly refusal: SyncError };

export interface SenderOwner {
  readonly target: RequestTarget;
  /** The epoch of the state. */
  epoch(): string | null;
  /** A request with these is about to leave: from here on they may take effect. */
  sending(entries: readonly LineEntry[]): void;
  /** It returns false when nothing has become known by it. */
  answered(request: LineRequest, answer: LineAnswer): boolean;
  /** The server takes none of the mutations, whatever is repeated. */
  refused(error: SyncError, code: string): void;
}
