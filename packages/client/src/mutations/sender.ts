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
import { ATTEMPT_TIMEOUT_MS } from "../requests/csrf.ts";
import { attempt, type RequestTarget } from "../requests/request.ts";
import type { MutationLine } from "./line.ts";

export class Sender {
  readonly #line: MutationLine;
  readonly #owner: SenderOwner;
  #isRunning = false;
  /** The request that is under way. Null: none is. */
  #underWay: UnderWay | null = null;
  #timer: Timer | null = null;
  #failures = 0;
  /** The server has asked to be left alone until then. */
  #notBefore = Number.NEGATIVE_INFINITY;
  /** The epoch that an answer named last. It may be newer than the one of the state. */
  #epoch: string | null = null;
  /** The request before was answered with another epoch alone. */
  #wasAskedAnew = false;

  constructor(line: MutationLine, owner: SenderOwner) {
    this.#line = line;
    this.#owner = owner;
  }

  /** There is more to send. Where the server is not to be asked before some time, it goes then. */
  added(): void {
    if (this.#timer === null) this.#next();
  }

  /** There may be a way to the server again: what was tried in vain is no reason to wait any more. */
  hurry(): void {
    this.#failures = 0;
    if (this.#timer === null) return;
    const ms = this.#notBefore - this.#owner.target().io.now();
    if (ms > 0) this.#nextAfter(ms);
    else this.#next();
  }

  #nextAfter(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#owner.target().io.after(ms, () => this.#next());
  }

  #next(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#isRunning && this.#underWay === null) this.#send();
  }

  /** An answer is out. */
  get isAsking(): boolean {
    return this.#underWay !== null;
  }

  start(): void {
    this.#isRunning = true;
    this.#failures = 0;
    if (this.#underWay !== null) this.#underWay.isToGoOn = true;
    this.#next();
  }

  /** Nothing is sent any more. What is under way is given up: nobody hears its answer, nor sends it again for another user. */
  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#underWay === null) return;
    this.#line.answerLost(this.#underWay.request);
    this.#underWay.abort.abort();
    this.#underWay = null;
    this.#owner.heard();
  }

  #send(): void {
    const request = this.#owner.next(this.#epoch ?? this.#owner.epoch() ?? "");
    if (request === null) return;
    const underWay = { request, abort: new AbortController(), isToGoOn: false };
    this.#underWay = underWay;
    this.#owner.sent(request);
    this.#ask(request, underWay.abort.signal)
      .catch((): Reply => ({ lost: null })) // It was given up, or the answer was none.
      .then((reply) => {
        if (this.#underWay !== underWay) return;
        this.#underWay = null;
        this.#goOn(underWay, reply);
        this.#owner.heard();
      });
  }

  async #ask(request: LineRequest, signal: AbortSignal): Promise<Reply> {
    const target = this.#owner.target();
    const giveUpAt = target.io.now() + ATTEMPT_TIMEOUT_MS;
    const body = request as unknown as JsonValue;
    let outcome = await attempt(target, body, null, false, giveUpAt, { signal });
    if (outcome.type === "csrf_failed") outcome = await attempt(target, body, null, true, giveUpAt, { signal });
    if (outcome.type === "done") return { answer: readLineAnswer(outcome.body) };
    if (outcome.type === "lost") return { lost: outcome.error };
    return outcome.type === "later" ? { later: outcome.error } : { refusal: outcome.error };
  }

  #goOn({ request, isToGoOn }: UnderWay, reply: Reply): void {
    if ("later" in reply) return this.#waitFor(reply.later);
    if ("lost" in reply) {
      this.#line.answerLost(request);
      return this.#waitFor(reply.lost);
    }
    if ("refusal" in reply) {
      // Whoever signs in goes on.
      if (reply.refusal.code === "not_signed_in") return isToGoOn ? this.#next() : undefined;
      this.#owner.refused(reply.refusal, problemOf(reply.refusal)?.code ?? reply.refusal.code);
      return this.#next();
    }
    const { answer } = reply;
    // An epoch that is another one each time is no reason to ask without end.
    const isAskedAnew = answer.epoch !== request.epoch && !this.#wasAskedAnew;
    this.#epoch = answer.epoch;
    this.#wasAskedAnew = isAskedAnew;
    if (!this.#owner.answered(request, answer) && !isAskedAnew) return this.#waitFor(null);
    this.#failures = 0;
    this.#next();
  }

  #waitFor(error: SyncError | null): void {
    this.#failures += 1;
    const { io } = this.#owner.target();
    const retryAfterMs = error?.retryAfterMs ?? 0;
    this.#notBefore = io.now() + retryAfterMs;
    this.#nextAfter(Math.max(backoffMs(BACKOFF, this.#failures, io.chance()), retryAfterMs));
  }
}

interface UnderWay {
  /** Somebody may have signed in since, of which its answer says nothing. */
  isToGoOn: boolean;
  readonly request: LineRequest;
  readonly abort: AbortController;
}

type Reply =
  | { readonly answer: LineAnswer }
  /** Nothing of it was decided, and it may be later. */
  | { readonly later: SyncError }
  /** Nobody knows what was decided of it. */
  | { readonly lost: SyncError | null }
  | { readonly refusal: SyncError };

export interface SenderOwner {
  /** It is asked for when something is sent. */
  target(): RequestTarget;
  /** The epoch of the state. */
  epoch(): string | null;
  /** It returns what is to be asked now, under the epoch that is known. Null: nothing is. */
  next(epoch: string): LineRequest | null;
  /** These are on their way. */
  sent(request: LineRequest): void;
  /** The answer that was out has come, or will not. */
  heard(): void;
  /** It returns false when nothing has become known by it. */
  answered(request: LineRequest, answer: LineAnswer): boolean;
  /** The server takes none of the mutations, whatever is repeated. */
  refused(error: SyncError, code: string): void;
}
