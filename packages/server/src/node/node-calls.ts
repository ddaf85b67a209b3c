/** Calls at a node go to the writer: to its own term, or over the link to the node that decides (rules W1 to W3). */

import type { Millis, Timer } from "@neverstale/base";
import {
  type AnyState,
  type AskedChange,
  type LineAnswer,
  type Model,
  readLineRequest,
  SyncError,
  type SyncErrorCode,
  takeChange,
  utf8Bytes,
} from "@neverstale/protocol";
import type { Calls } from "../authority/calls.ts";
import { refusedAtTheDoor, takeOptions } from "../authority/door.ts";
import type { Applied, Decide, TransactOptions } from "../authority/transaction.ts";
import type { Limits } from "../limits/limits.ts";
import { WaitingRoom } from "../limits/waiting-room.ts";
import type { MutationDesk } from "../mutations/mutation-desk.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { MAIN_SPACE, type SpaceModels } from "../space/space-models.ts";
import {
  type AnswerTo,
  type ForwardedCall,
  type ForwardedLine,
  ForwardFailure,
  isLine,
  type NodeLink,
} from "./node-link.ts";
import type { OwnTerms } from "./own-terms.ts";

export class NodeCalls {
  readonly waiting: WaitingRoom;
  forwarded = 0;
  readonly #parts: NodeCallsParts;
  /** They wait for a writer. */
  readonly #sleeping = new Set<() => void>();
  #refusal: SyncError | null = null;

  constructor(parts: NodeCallsParts) {
    this.#parts = parts;
    this.waiting = new WaitingRoom(parts.limits);
  }

  /** There may be another writer now. */
  wake(): void {
    for (const wake of [...this.#sleeping]) wake();
  }

  /** From here on all calls are refused, those that wait too. */
  close(reason: SyncError): void {
    this.#refusal ??= reason;
    this.wake();
  }

  apply(change: AskedChange, options: TransactOptions): Promise<Applied> {
    const { decider } = this.#parts.terms;
    if (decider !== null) return decider.calls.apply(change, options);
    try {
      const taken = takeOptions(options);
      const { type, target, data, held } = takeChange(this.#modelOf(taken), change);
      return this.#forward({ change: { type, target, data }, options: taken }, held);
    } catch (error) {
      return refusedAtTheDoor(error, change, options);
    }
  }

  #modelOf({ space = MAIN_SPACE }: TransactOptions): Model {
    return this.#parts.models.of(space);
  }

  /** A line is plain JSON, and what decides its mutations is at each node (rule U4). */
  mutate({ request, caller }: ForwardedLine): Promise<LineAnswer> {
    const { decider } = this.#parts.terms;
    if (decider !== null) return this.#parts.desk.carryOut(request, caller);
    const bytes = utf8Bytes(JSON.stringify(request));
    return this.#forward({ request, caller }, bytes);
  }

  /** A decision is code, which can't be sent to another node. */
  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied> {
    const { decider } = this.#parts.terms;
    if (decider !== null) return decider.calls.transact(decide, options);
    return this.#whileWaiting(0, () => this.#onlyHere((calls) => calls.transact(decide, options)));
  }

  /** Nothing of it is sent to another node. */
  #onlyHere<Answer>(here: Ways<Answer>["here"]): Promise<Answer> {
    const elsewhere = (address: string) => Promise.reject(notTheWriter(address));
    const address = this.#elsewhere;
    return address === null ? this.#later({ here, elsewhere, until: this.#until() }) : elsewhere(address);
  }

  /** Another node has forwarded a call to this one. */
  carryOut<Call extends ForwardedCall>(call: Call): Promise<AnswerTo<Call>> {
    const { decider } = this.#parts.terms;
    return decider === null ? Promise.reject(notTheWriter(this.#elsewhere)) : this.#here(decider.calls, call);
  }

  #here<Call extends ForwardedCall>(calls: Calls, call: Call): Promise<AnswerTo<Call>> {
    const answer: Promise<Applied | LineAnswer> = isLine(call)
      ? this.#decideLine(call)
      : calls.apply(call.change, call.options);
    return answer as Promise<AnswerTo<Call>>;
  }

  async #decideLine({ request, caller }: ForwardedLine): Promise<LineAnswer> {
    return this.#parts.desk.carryOut(readLineRequest(request), caller);
  }

  /** Where `work` fails, `again` is what becomes of it. */
  #whileWaiting<Answer>(
    bytes: number,
    work: () => Promise<Answer>,
    again: (error: unknown) => Promise<Answer> = failed,
  ): Promise<Answer> {
    const refusal = this.#refusal ?? this.waiting.refusal();
    if (refusal !== null) return Promise.reject(refusal);
    const { waiting } = this;
    waiting.enter(bytes);
    return work().then(
      (answer) => {
        waiting.leave(bytes);
        return answer;
      },
      (error: unknown) => again(error).finally(() => waiting.leave(bytes)),
    );
  }

  /** Nearly every call is answered at the first attempt, so that one has little around it. */
  #forward<Call extends ForwardedCall>(call: Call, bytes: number): Promise<AnswerTo<Call>> {
    const { link } = this.#parts;
    if (link === null) return this.#whileWaiting(bytes, () => this.#onlyHere((calls) => this.#here(calls, call)));
    const until = this.#until();
    const address = this.#elsewhere;
    if (address === null) return this.#whileWaiting(bytes, () => this.#forwardLater(link, call, until, null));
    const attempt = () => this.#send(link, address, call);
    return this.#whileWaiting(bytes, attempt, async (error) =>
      this.#forwardLater(link, call, until, lostBy(error, call)),
    );
  }

  #send<Call extends ForwardedCall>(link: NodeLink, address: string, call: Call): Promise<AnswerTo<Call>> {
    this.forwarded += 1;
    return link.forward(address, call);
  }

  /** `lost` is set where an answer was lost before. */
  #forwardLater<Call extends ForwardedCall>(
    link: NodeLink,
    call: Call,
    until: Millis,
    lost: ForwardFailure | null,
  ): Promise<AnswerTo<Call>> {
    let lostLast = lost;
    return this.#later<AnswerTo<Call>>({
      until,
      here: (calls) => this.#here(calls, call),
      elsewhere: (address) =>
        this.#send(link, address, call).catch((error: unknown) => {
          lostLast = lostBy(error, call) ?? lostLast;
          return null;
        }),
    }).catch((error: unknown) => {
      throw lostLast !== null && saysNothingOfBefore(error) ? answerLost(call, lostLast) : error;
    });
  }

  /** Waits for a writer, and tries again whenever there may be one. */
  async #later<Answer>({ here, elsewhere, until }: Ways<Answer>): Promise<Answer> {
    const { runtime, terms } = this.#parts;
    for (;;) {
      const left = until - runtime.now();
      if (left <= 0) throw noWriter();
      await this.#sleep(this.#elsewhere === null ? left : Math.min(left, ASK_AGAIN_MS));
      if (this.#refusal !== null) throw this.#refusal;
      if (terms.decider !== null) return here(terms.decider.calls);
      const address = this.#elsewhere;
      const answer = address === null ? null : await elsewhere(address);
      if (answer !== null) return answer;
    }
  }

  #until(): Millis {
    return this.#parts.runtime.now() + LONGEST_WAIT_MS;
  }

  /** The newest takeover that is known was made there, and not by this node. */
  get #elsewhere(): string | null {
    const address = this.#parts.writerAddress();
    return address === this.#parts.address ? null : address;
  }

  #sleep(ms: Millis): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | null = null;
      const wake = () => {
        timer?.cancel();
        this.#sleeping.delete(wake);
        resolve();
      };
      timer = this.#parts.runtime.after(ms, wake);
      this.#sleeping.add(wake);
    });
  }
}

interface NodeCallsParts {
  readonly terms: OwnTerms;
  /** It decides by these very calls. */
  readonly desk: Pick<MutationDesk, "carryOut">;
  readonly models: SpaceModels;
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly link: NodeLink | null;
  readonly address: string;
  readonly writerAddress: () => string | null;
}

interface Ways<Answer> {
  readonly here: (calls: Calls) => Promise<Answer>;
  /** With null the call was not carried out, or may be repeated. */
  readonly elsewhere: (address: string) => Promise<Answer | null>;
  readonly until: Millis;
}

/**
 * Null means that the writer has not carried the call out, and a failure that nobody knows, but a repeat is known by its key, or by
 * the numbers of its line: the call may be sent again. Anything else is thrown.
 */
function lostBy(error: unknown, call: ForwardedCall): ForwardFailure | null {
  if (error instanceof SyncError && error.code === "not_the_writer") return null;
  if (!(error instanceof ForwardFailure)) throw error;
  if (!error.wasSent) return null;
  if (isLine(call) || call.options.key !== undefined) return error;
  throw answerLost(call, error);
}

function failed(error: unknown): Promise<never> {
  return Promise.reject(error);
}

function notTheWriter(address: string | null): SyncError {
  return new SyncError("not_the_writer", "this node does not decide changes", {
    hint: address === null ? "Ask again: there is no writer now." : `Ask the node at ${address}.`,
  });
}

function noWriter(): SyncError {
  return new SyncError("store_unavailable", "there is no node that decides changes", {
    hint: "Nothing was stored and nothing has moved: try again.",
    retryAfterMs: 1_000,
  });
}

/** The repeat was refused, whatever became of the call that was sent before. */
function saysNothingOfBefore(error: unknown): boolean {
  return error instanceof SyncError && (MOMENTARY as readonly string[]).includes(error.code);
}

const MOMENTARY: readonly SyncErrorCode[] = [
  "store_unavailable",
  "too_many_requests",
  "shutting_down",
  "outcome_unknown",
];

function answerLost(call: ForwardedCall, cause: ForwardFailure): SyncError {
  return new SyncError("outcome_unknown", "the answer of the node that decides changes was lost", {
    hint: isLine(call)
      ? "Ask again with the same numbers: each of them takes effect once."
      : "Look at the state, or repeat with an idempotency key next time: the answer then tells the truth.",
    cause,
  });
}

/** A call waits so long for a writer. */
const LONGEST_WAIT_MS = 5_000;
const ASK_AGAIN_MS = 250;
