/** The writer decides, numbers and stores changes, one group after the other (rules A1 to A3). */

import type { Millis, Timer } from "@neverstale/base";
import { SyncError } from "@neverstale/protocol";
import type { Limits } from "../limits/limits.ts";
import { BoundsSeen, Tally } from "../limits/tally.ts";
import { WaitingRoom } from "../limits/waiting-room.ts";
import type { AgeClock } from "../runtime/age-clock.ts";
import { messageOf } from "../runtime/message-of.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Committed } from "../space/committed.ts";
import type { KeepIndexes } from "../space/keep-index.ts";
import { MAIN_SPACE } from "../space/space-models.ts";
import type { Spaces } from "../space/spaces.ts";
import { type CommitGroup, type Store, StoreFailure } from "../store/contract.ts";
import { type Call, GroupDraft } from "./deciding/group-draft.ts";
import type { Feed } from "./feed.ts";
import { Folder } from "./folder.ts";
import { Lanes } from "./lanes.ts";
import { outcomeUnknown, storeUnavailable } from "./told-failures.ts";

/** This is the one place where that happens, for all spaces of a store. */
export class Writer {
  readonly waiting: WaitingRoom;
  readonly bounds = new BoundsSeen();
  /** It writes behind the commits, and is stopped with them. */
  readonly folder: Folder;
  readonly keepIndexes: KeepIndexes;
  /** This says why no more changes are taken: the process must end then (rule A1). It is null while changes are taken. */
  failure: SyncError | null = null;
  readonly #term: WritingTerm;
  readonly #spaces: Spaces;
  readonly #feed: Feed;
  readonly #ages: AgeClock;
  readonly #runtime: Runtime;
  readonly #limits: Limits;
  readonly #doubts: Doubts | null;
  readonly #onFailure: ((error: SyncError) => void) | null;
  readonly #lanes = new Lanes<Call>();
  #scheduled = false;
  #committing = false;
  #patience: Timer | null = null;
  /** A call waits that is in a hurry. Those of rule S6 are not. */
  #urgent = false;
  /** So many calls were in the last group. */
  #lastGroup = 0;
  /** This says why new calls are refused. It is null while they are taken. */
  #refusal: SyncError | null = null;
  #idle: (() => void)[] = [];
  #commits = 0;
  #calls = 0;
  #rejectedCommits = 0;
  #groupsCut = 0;
  #takeovers = 0;
  /** A takeover waits for the end of the group that is under way. No group is begun before it. */
  #takeover: (() => void) | null = null;

  constructor({ store, term, spaces, feed, keepIndexes, ages, runtime, limits, doubts, onFailure }: WriterParts) {
    this.#term = term;
    this.#spaces = spaces;
    this.#feed = feed;
    this.keepIndexes = keepIndexes;
    this.#ages = ages;
    this.#runtime = runtime;
    this.#limits = limits;
    this.#doubts = doubts;
    this.#onFailure = onFailure;
    this.waiting = new WaitingRoom(limits);
    // When the disk has failed a fold, nothing more can be stored, and nobody knows what is there.
    this.folder = new Folder(store, runtime, limits, spaces, (failure) => this.end(outcomeUnknown(failure)));
  }

  get metrics(): WriterMetrics {
    return {
      commits: this.#commits,
      calls: this.#calls,
      rejectedCommits: this.#rejectedCommits,
      groupsCut: this.#groupsCut,
      takeovers: this.#takeovers,
    };
  }

  /** New calls are refused, whatever they ask for. */
  get refuses(): boolean {
    return this.#refusal !== null;
  }

  /** It is true while calls wait or a commit is under way. */
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

  /** Calls of one turn of the event loop meet in one group. So do those of several turns, while ever more of them come. */
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

  /** Decides the next group and hands it to the store. The caller goes on with what came of it. */
  #start(): Started | null {
    if (this.#committing || this.failure !== null || this.#lanes.size === 0 || this.#takeover !== null) return null;
    this.#patience?.cancel();
    this.#patience = null;
    const group = this.#decideGroup();
    this.#urgent = this.#lanes.size > 0;
    this.#committing = true;
    return { group, outcome: this.#toStore(group) };
  }

  #settle(started: Started | null): void {
    if (started === null) return;
    const { group, outcome } = started;
    if (outcome instanceof Promise)
      outcome.then(
        () => this.#doneElsewhere(group),
        (error) => this.#failed(group, error),
      );
    else if (outcome === null) this.#doneHere(group);
    else this.#failed(group, outcome);
  }

  #decideGroup(): GroupDraft {
    const at = this.#runtime.wallTime();
    const tally = new Tally(this.#limits, this.bounds);
    const group = new GroupDraft(this.#spaces, this.keepIndexes, tally, at, this.#ages.read(at));
    const until = this.#runtime.now() + this.#limits.batchMs;
    let decided = 0;
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      group.decide(call);
      decided += 1;
      if (decided === this.#limits.batchCalls || group.isFull) break;
      if (decided % 64 === 0 && this.#runtime.now() >= until) break;
    }
    if (group.isFull && this.#lanes.size > 0) this.#groupsCut += 1;
    this.#calls += decided;
    this.#lastGroup = decided;
    return group;
  }

  #toStore(group: GroupDraft): unknown {
    const commit = commitOf(group);
    if (commit === null || commit instanceof StoreFailure) return commit;
    this.#commits += 1;
    try {
      return this.#term.commit(commit) ?? null;
    } catch (error) {
      return error ?? new StoreFailure("unknown", "the store failed without a reason");
    }
  }

  /** The group was committed within this turn. It is told at once, and the next group waits for the next turn. */
  #doneHere(group: GroupDraft): void {
    this.#committing = false;
    const committed = this.#bringToMemory(group);
    if (committed === null) return;
    this.#tell(group, committed);
    this.#afterwards();
  }

  /** Another thread committed the group. It gets its next group first, and writes that while this one is told. */
  #doneElsewhere(group: GroupDraft): void {
    this.#committing = false;
    if (this.#doubts !== null && this.failure !== null) return this.#storedTooLate(group);
    const committed = this.#bringToMemory(group);
    if (committed === null) return;
    // A short queue gathers some more first: every group costs its way to the other thread and back.
    const next = this.#urgent && this.#lanes.size * 2 >= this.#lastGroup ? this.#start() : null;
    this.#tell(group, committed);
    this.#settle(next);
    this.#afterwards();
  }

  /**
   * Brings what is stored to memory. Null means that it failed: then memory can't be trusted any more, and a restart can (rule
   * A1).
   */
  #bringToMemory(group: GroupDraft): Committed[] | null {
    try {
      const committed = this.#spaces.commit(group.drafts);
      this.#term.taken();
      return committed;
    } catch (error) {
      this.#failed(group, error);
      return null;
    }
  }

  #tell(group: GroupDraft, committed: readonly Committed[]): void {
    this.#feed.publish(committed);
    group.resolve();
  }

  /** The term was over before the answer came. The node reads the group in the chain, where it stands (rule T2). */
  #storedTooLate(group: GroupDraft): void {
    group.resolve();
    this.#afterwards();
  }

  #failed(group: GroupDraft, error: unknown): void {
    this.#committing = false;
    this.#rejectedCommits += 1;
    const outcome = error instanceof StoreFailure ? error.outcome : "unknown";
    const isKnown = outcome === "nothing_moved" || (outcome === "fenced" && this.#doubts !== null);
    const reason = isKnown ? storeUnavailable(error) : outcomeUnknown(error);
    if (!isKnown && this.#doubts !== null) this.#doubts.add(group, reason);
    else group.reject(reason);
    if (outcome !== "nothing_moved") this.end(reason);
    this.#schedule();
    this.#afterwards();
  }

  /** Nothing more can be stored: whoever waits is told, and so is the owner. */
  end(reason: SyncError): void {
    if (this.failure !== null) return;
    this.failure = reason;
    this.#refusal = reason;
    for (let call = this.#next(); call !== undefined; call = this.#next()) {
      call.reject(storeUnavailable(reason));
    }
    this.folder.stop();
    this.#spaces.stop();
    this.#onFailure?.(reason);
  }

  /**
   * Takes over anew, between two groups and while no fold is under way (rule E1). It resolves when all who follow have been told.
   * After a takeover that fails there is no term, and no more changes are taken.
   */
  takeOver(): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    return this.folder.between(() => this.#inTurn(() => this.#takeOver()));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#takeover = () => {
        this.#takeover = null;
        this.#committing = true;
        const done = () => {
          this.#committing = false;
          this.#afterwards();
        };
        work().finally(done).then(resolve, reject);
      };
      if (!this.#committing) this.#takeover();
    });
  }

  async #takeOver(): Promise<void> {
    if (this.#refusal !== null) throw this.#refusal;
    const epoch = this.#runtime.newId();
    try {
      await this.#term.takeOver(epoch);
    } catch (error) {
      const known = error instanceof StoreFailure && error.outcome !== "unknown";
      const reason = known ? storeUnavailable(error) : outcomeUnknown(error);
      this.end(reason);
      throw reason;
    }
    this.#takeovers += 1;
    this.#spaces.epochs.begin(epoch);
    this.#feed.tookOver();
  }

  #afterwards(): void {
    if (!this.#committing) this.#takeover?.();
    this.#schedule();
    if (this.#committing || this.#lanes.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Takes no more calls. It resolves once those that wait are done. */
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

/** A writer needs this of the term in which it writes. */
export interface WritingTerm extends Pick<Store, "commit"> {
  /** The group that was committed last is in memory now, and is about to be told. */
  taken(): void;
  /** Begins another term behind this one. It rejects as `Store.takeOver` does, and then there is no term. */
  takeOver(epoch: string): Promise<void>;
}

export interface WriterParts {
  /** Records are folded into it. */
  readonly store: Pick<Store, "fold">;
  /** In it the groups are stored. */
  readonly term: WritingTerm;
  /** Here a group becomes what is committed. */
  readonly spaces: Spaces;
  /** Here it is told. */
  readonly feed: Feed;
  readonly keepIndexes: KeepIndexes;
  readonly ages: AgeClock;
  readonly runtime: Runtime;
  readonly limits: Limits;
  /** Null means that nobody can settle what the store leaves open: then the process must end. */
  readonly doubts: Doubts | null;
  /** This is called once, when nothing more can be stored (rules A1 and T2). */
  readonly onFailure: ((error: SyncError) => void) | null;
}

/** Groups of which nobody knows whether they are stored wait here for the next takeover, which settles it (rule T2). */
export interface Doubts {
  add(group: DoubtfulGroup, reason: SyncError): void;
}

/** It is the calls of one group, which wait for the truth. */
export interface DoubtfulGroup {
  /** It is stored. */
  resolve(): void;
  reject(error: SyncError): void;
}

interface Started {
  readonly group: GroupDraft;
  /** Null means that the group is durable already, a promise that it is on its way. All else says why it failed. */
  readonly outcome: unknown;
}

export interface WriterMetrics {
  readonly commits: number;
  readonly calls: number;
  readonly rejectedCommits: number;
  /** So many groups were full before all who waited had their turn (rule S8). */
  readonly groupsCut: number;
  /** So often a term was begun after the one of the start. */
  readonly takeovers: number;
}

/**
 * While calls keep coming the next group waits for them, longer the larger the last one was. At a high rate fewer and larger
 * groups cost less than the wait. At a low rate there is no wait.
 */
const WAIT_PER_CALL_MS = 0.02;
const LONGEST_WAIT_MS = 8;

/** A failure before the store has been handed anything has moved nothing. */
function commitOf(group: GroupDraft): CommitGroup | StoreFailure | null {
  try {
    return group.toCommit();
  } catch (error) {
    return new StoreFailure("nothing_moved", `the group can't be put together: ${messageOf(error)}`, error);
  }
}
