import { SyncError } from "@neverstale/protocol";
import type { AgeClock } from "../runtime/age-clock.ts";
import { messageOf } from "../runtime/message-of.ts";
import type { Millis, Runtime, Timer } from "../runtime/runtime.ts";
import { type CommitGroup, type Store, StoreFailure } from "../store/contract.ts";
import { Batch, type BatchContext, type Call } from "./batch.ts";
import { Lanes } from "./lanes.ts";
import type { Limits } from "./limits.ts";
import { MAIN_SPACE } from "./transaction.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** What the writer tells its owner. */
export interface WriterEvents {
  /** The batch is durable: fold it into the committed state. Nobody has been told of it yet. */
  committed(batch: Batch): void;
  /** The next group is on its way to the disk: now tell everyone about this one. */
  publish(batch: Batch): void;
  /** Whether the last commit is stored is unknown: the process must end (rule A1). */
  failed(error: SyncError): void;
}

interface Started {
  readonly batch: Batch;
  /** Null: durable already. A promise: on its way. Else: why it failed. */
  readonly outcome: unknown;
}

export interface WriterMetrics {
  readonly commits: number;
  readonly calls: number;
  readonly rejectedCommits: number;
  /** Groups that were full before all who waited had their turn (rule S8). */
  readonly groupsCut: number;
}

/**
 * While calls keep coming the next group waits for them, longer the larger the last one was: at a high rate fewer and
 * larger groups cost less than the wait, at a low one there is no wait.
 */
const WAIT_PER_CALL_MS = 0.02;
const LONGEST_WAIT_MS = 8;

/** The one place where changes are decided, numbered and committed, one group after the other (rules A1 to A3). */
export class Writer {
  readonly #store: Store;
  readonly #runtime: Runtime;
  readonly #limits: Limits;
  readonly #context: BatchContext;
  readonly #events: WriterEvents;
  readonly #lanes = new Lanes<Call>();
  readonly waiting: WaitingRoom;
  readonly #ages: AgeClock;
  #scheduled = false;
  #committing = false;
  #patience: Timer | null = null;
  /** Whether a call waits that is in a hurry: all but those of rule S6. */
  #urgent = false;
  /** How many calls were in the last group. */
  #lastGroup = 0;
  /** Why new calls are refused. */
  #refusal: SyncError | null = null;
  /** Whether the calls that wait can't be served either. */
  #dead = false;
  #idle: (() => void)[] = [];
  #commits = 0;
  #calls = 0;
  #rejectedCommits = 0;
  #groupsCut = 0;

  constructor(
    store: Store,
    runtime: Runtime,
    ages: AgeClock,
    limits: Limits,
    context: BatchContext,
    events: WriterEvents,
  ) {
    this.#store = store;
    this.#runtime = runtime;
    this.#ages = ages;
    this.#limits = limits;
    this.waiting = new WaitingRoom(limits);
    this.#context = context;
    this.#events = events;
  }

  get metrics(): WriterMetrics {
    return {
      commits: this.#commits,
      calls: this.#calls,
      rejectedCommits: this.#rejectedCommits,
      groupsCut: this.#groupsCut,
    };
  }

  /** Whether calls wait or a commit is under way. */
  get isBusy(): boolean {
    return this.#committing || this.#lanes.size > 0;
  }

  enqueue(call: Call): void {
    const refusal = this.#refusal ?? this.waiting.refusal();
    if (refusal !== null) return call.reject(refusal);
    this.waiting.enter(call.bytes);
    this.#lanes.push(call.options.space ?? MAIN_SPACE, call);
    if (call.options.ephemeral === true) return this.#waitForCompany();
    this.#urgent = true;
    this.#schedule();
  }

  #next(): Call | undefined {
    const call = this.#lanes.next();
    if (call !== undefined) this.waiting.leave(call.bytes);
    return call;
  }

  #waitForCompany(): void {
    this.#patience ??= this.#runtime.after(this.#limits.ephemeralMs, () => {
      this.#patience = null;
      this.#urgent = true;
      this.#schedule();
    });
  }

  /** Calls of one turn of the event loop meet in one group; of several turns, while ever more of them come. */
  #schedule(): void {
    if (this.#scheduled || this.#committing || !this.#urgent || this.#lanes.size === 0) return;
    this.#scheduled = true;
    const until = this.#runtime.now() + Math.min(this.#lastGroup * WAIT_PER_CALL_MS, LONGEST_WAIT_MS);
    this.#gather(0, until);
  }

  #gather(waitingBefore: number, until: Millis): void {
    this.#runtime.soon(() => {
      const waiting = this.#lanes.size;
      if (waiting > waitingBefore && this.#runtime.now() < until) return this.#gather(waiting, until);
      this.#scheduled = false;
      this.#settle(this.#start());
    });
  }

  /** Decides the next group and hands it to the store; the caller goes on with what came of it. */
  #start(): Started | null {
    if (this.#committing || this.#dead || this.#lanes.size === 0) return null;
    this.#patience?.cancel();
    this.#patience = null;
    const batch = this.#decideBatch();
    this.#urgent = this.#lanes.size > 0;
    this.#committing = true;
    return { batch, outcome: this.#toStore(batch) };
  }

  #settle(started: Started | null): void {
    if (started === null) return;
    const { batch, outcome } = started;
    if (outcome instanceof Promise)
      outcome.then(
        () => this.#doneElsewhere(batch),
        (error) => this.#failed(batch, error),
      );
    else if (outcome === null) this.#doneHere(batch);
    else this.#failed(batch, outcome);
  }

  #decideBatch(): Batch {
    const at = this.#runtime.wallTime();
    const batch = new Batch(this.#context, at, this.#ages.read(at));
    const until = this.#runtime.now() + this.#limits.batchMs;
    let decided = 0;
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      batch.decide(call);
      decided += 1;
      if (decided === this.#limits.batchCalls || batch.isFull) break;
      if (decided % 64 === 0 && this.#runtime.now() >= until) break;
    }
    if (batch.isFull && this.#lanes.size > 0) this.#groupsCut += 1;
    this.#calls += decided;
    this.#lastGroup = decided;
    return batch;
  }

  #toStore(batch: Batch): unknown {
    const group = this.#groupOf(batch);
    if (group === null || group instanceof StoreFailure) return group;
    this.#commits += 1;
    try {
      return this.#store.commit(group) ?? null;
    } catch (error) {
      return error ?? new StoreFailure("unknown", "the store failed without a reason");
    }
  }

  /** What fails before the store has been handed anything has moved nothing. */
  #groupOf(batch: Batch): CommitGroup | StoreFailure | null {
    try {
      return batch.toCommit();
    } catch (error) {
      return new StoreFailure("nothing_moved", `the group can't be put together: ${messageOf(error)}`, error);
    }
  }

  /** Committed within this turn: told at once, and the next group waits for the next turn. */
  #doneHere(batch: Batch): void {
    this.#committing = false;
    if (!this.#taken(batch)) return;
    this.#events.publish(batch);
    batch.resolve();
    this.#afterwards();
  }

  /** Committed by another thread: it gets its next group first, and writes that while this one is told. */
  #doneElsewhere(batch: Batch): void {
    this.#committing = false;
    if (!this.#taken(batch)) return;
    // A short queue gathers some more first: every group costs its way to the other thread and back.
    const next = this.#urgent && this.#lanes.size * 2 >= this.#lastGroup ? this.#start() : null;
    this.#events.publish(batch);
    batch.resolve();
    this.#settle(next);
    this.#afterwards();
  }

  /** Whether what is stored is in memory too. If not, memory can't be trusted any more, and a restart can (rule A1). */
  #taken(batch: Batch): boolean {
    try {
      this.#events.committed(batch);
      return true;
    } catch (error) {
      this.#failed(batch, error);
      return false;
    }
  }

  #failed(batch: Batch, error: unknown): void {
    this.#committing = false;
    this.#rejectedCommits += 1;
    const known = error instanceof StoreFailure && error.outcome === "nothing_moved";
    const reason = known ? storeUnavailable(error) : outcomeUnknown(error);
    batch.reject(reason);
    if (!known) this.#refuseAll(reason);
    this.#schedule();
    this.#afterwards();
  }

  /** The disk has failed elsewhere: nothing more can be stored, and what is there is not known (rule A1). */
  stop(cause: unknown): void {
    this.#refuseAll(outcomeUnknown(cause));
  }

  #refuseAll(reason: SyncError): void {
    if (this.#dead) return;
    this.#refusal = reason;
    this.#dead = true;
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      call.reject(storeUnavailable(reason));
    }
    this.#events.failed(reason);
  }

  #afterwards(): void {
    this.#schedule();
    if (this.#committing || this.#lanes.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Takes no more calls; resolves once those that wait are done. */
  close(): Promise<void> {
    this.#patience?.cancel();
    return new Promise((resolve) => {
      this.#refusal ??= new SyncError("shutting_down", "the store is being closed");
      this.#urgent = true;
      this.#schedule();
      if (!this.#committing && this.#lanes.size === 0) resolve();
      else this.#idle.push(resolve);
    });
  }
}

export function storeUnavailable(cause: unknown): SyncError {
  return new SyncError("store_unavailable", `the change could not be stored: ${messageOf(cause)}`, {
    hint: "Nothing was stored and nothing has moved. Free the disk or wait, then try again.",
    retryAfterMs: 1_000,
    cause,
  });
}

export function outcomeUnknown(cause: unknown): SyncError {
  return new SyncError("outcome_unknown", `the disk failed: ${messageOf(cause)}`, {
    hint: "Repeat with the same idempotency key after the restart: the answer then tells the truth.",
    cause,
  });
}
