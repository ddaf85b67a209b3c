/** Calls at a node go to the writer: to its own term, or over the link to the node that decides (rules W1 to W3). */

import type { Millis, Timer } from "@neverstale/base";
import {
  type AnyState,
  type AskedChange,
  type Model,
  SyncError,
  type SyncErrorCode,
  takeChange,
} from "@neverstale/protocol";
import type { Calls } from "../authority/calls.ts";
import { refusedAtTheDoor, takeOptions } from "../authority/door.ts";
import type { Applied, Decide, TransactOptions } from "../authority/transaction.ts";
import type { Limits } from "../limits/limits.ts";
import { WaitingRoom } from "../limits/waiting-room.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { MAIN_SPACE, type SpaceModels } from "../space/space-models.ts";
import { type ForwardedCall, ForwardFailure, type NodeLink } from "./node-link.ts";
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
      return this.#whileWaiting(held, () => this.#forward({ change: { type, target, data }, options: taken }));
    } catch (error) {
      return refusedAtTheDoor(error, change, options);
    }
  }

  #modelOf({ space = MAIN_SPACE }: TransactOptions): Model {
    return this.#parts.models.of(space);
  }

  /** A decision is code, which can't be sent to another node. */
  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied> {
    const { decider } = this.#parts.terms;
    if (decider !== null) return decider.calls.transact(decide, options);
    return this.#whileWaiting(0, () =>
      this.#atTheWriter({
        here: (calls) => calls.transact(decide, options),
        elsewhere: (address) => Promise.reject(notTheWriter(address)),
        givenUp: noWriter,
      }),
    );
  }

  /** Another node has forwarded a call to this one. */
  carryOut({ change, options }: ForwardedCall): Promise<Applied> {
    const { decider } = this.#parts.terms;
    return decider === null ? Promise.reject(notTheWriter(this.#elsewhere)) : decider.calls.apply(change, options);
  }

  async #whileWaiting(bytes: number, work: () => Promise<Applied>): Promise<Applied> {
    const refusal = this.#refusal ?? this.waiting.refusal();
    if (refusal !== null) throw refusal;
    this.waiting.enter(bytes);
    try {
      return await work();
    } finally {
      this.waiting.leave(bytes);
    }
  }

  #forward(call: ForwardedCall): Promise<Applied> {
    let lost: ForwardFailure | null = null;
    return this.#atTheWriter({
      here: (calls) => calls.apply(call.change, call.options),
      elsewhere: (address, link) => {
        if (link === null) throw notTheWriter(address);
        this.forwarded += 1;
        return link.forward(address, call).catch((error: unknown) => {
          if (error instanceof SyncError && error.code === "not_the_writer") return null;
          if (!(error instanceof ForwardFailure)) throw error;
          if (error.wasSent) lost = error;
          // The writer has not seen it, or has the key by which it knows a repeat.
          if (!error.wasSent || call.options.key !== undefined) return null;
          throw answerLost(error);
        });
      },
      givenUp: noWriter,
    }).catch((error: unknown) => {
      throw lost !== null && saysNothingOfBefore(error) ? answerLost(lost) : error;
    });
  }

  /** Where there is no writer the call waits for one. */
  async #atTheWriter({ here, elsewhere, givenUp }: Ways): Promise<Applied> {
    const { runtime, terms, link } = this.#parts;
    const until = runtime.now() + LONGEST_WAIT_MS;
    for (;;) {
      if (this.#refusal !== null) throw this.#refusal;
      if (terms.decider !== null) return here(terms.decider.calls);
      const address = this.#elsewhere;
      const applied = address === null ? null : await elsewhere(address, link);
      if (applied !== null) return applied;
      const left = until - runtime.now();
      if (left <= 0) throw givenUp();
      await this.#sleep(Math.min(left, address === null ? left : ASK_AGAIN_MS));
    }
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
  readonly models: SpaceModels;
  readonly limits: Limits;
  readonly runtime: Runtime;
  readonly link: NodeLink | null;
  readonly address: string;
  readonly writerAddress: () => string | null;
}

interface Ways {
  readonly here: (calls: Calls) => Promise<Applied>;
  /** With null the call was not carried out, or may be repeated. */
  readonly elsewhere: (address: string, link: NodeLink | null) => Promise<Applied | null>;
  /** It says why nobody took the call in time. */
  readonly givenUp: () => SyncError;
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

function answerLost(cause: ForwardFailure): SyncError {
  return new SyncError("outcome_unknown", "the answer of the node that decides changes was lost", {
    hint: "Look at the state, or repeat with an idempotency key next time: the answer then tells the truth.",
    cause,
  });
}

/** A call waits so long for a writer. */
const LONGEST_WAIT_MS = 5_000;
const ASK_AGAIN_MS = 250;
