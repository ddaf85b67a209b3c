/** A group in the making: the calls that have been decided so far, and what they did (rule A3). */

import {
  type AnyState,
  ignoreWhatComesLater,
  isThenable,
  type JsonValue,
  type TakenChange,
  utf8Bytes,
} from "@neverstale/protocol";
import type { Tally } from "../../limits/tally.ts";
import type { KeepIndexes } from "../../space/keep-index.ts";
import type { SpaceDraft } from "../../space/space-draft.ts";
import { MAIN_SPACE } from "../../space/space-models.ts";
import type { Spaces } from "../../space/spaces.ts";
import type { CommitGroup, StoredAnswer } from "../../store/contract.ts";
import { notDecided, takeDecision } from "../door.ts";
import type { Applied, Decide, TransactOptions } from "../transaction.ts";
import { GroupSpaces } from "./group-spaces.ts";
import { addAlone, TransactionDraft } from "./transaction-draft.ts";

export class GroupDraft {
  readonly #epoch: string;
  readonly #at: number;
  readonly #ageAt: number;
  readonly #tally: Tally;
  readonly #spaces: GroupSpaces;
  readonly #answers: StoredAnswer[] = [];
  /** The calls that were decided, and what each of them is told: of a lone change, its version. */
  readonly #decided: Call[] = [];
  readonly #applied: (Applied | number)[] = [];

  /** `at` and `ageAt` are those of the `CommitGroup`. */
  constructor(spaces: Spaces, keepIndexes: KeepIndexes, tally: Tally, at: number, ageAt: number) {
    this.#epoch = spaces.epochs.today;
    this.#at = at;
    this.#ageAt = ageAt;
    this.#tally = tally;
    this.#spaces = new GroupSpaces(spaces, keepIndexes, tally, at);
  }

  /** It holds as much as a group may: the calls that still wait form the next one (rule S8). */
  get isFull(): boolean {
    return this.#tally.isGroupFull || this.#spaces.isSpoiled;
  }

  /** These drafts hold what it did to each space that it moved. */
  get drafts(): readonly SpaceDraft[] {
    return this.#spaces.moved;
  }

  /** Decides one call. A call that throws is rejected at once and alone, with nothing of it left behind. */
  decide(call: Call): void {
    this.#tally.begin(call.unbounded === true);
    if (typeof call.work === "function") this.#decide(call, call.work);
    else this.#add(call, call.work);
  }

  #add(call: Call, change: TakenChange): void {
    const draft = this.#spaces.draft(MAIN_SPACE) as SpaceDraft;
    if (!this.#tally.hasRoom(draft.bytes)) return this.#decide(call, () => [change]);
    try {
      addAlone(this.#spaces, draft, change);
      this.#note(call, draft.version);
    } catch (error) {
      call.reject(error);
    }
  }

  #decide(call: Call, decide: Decide<AnyState>): void {
    const transaction = new TransactionDraft(this.#spaces);
    let decision: unknown;
    try {
      decision = decide(transaction.state(MAIN_SPACE) as AnyState, transaction.open);
      const { changes, answer } = takeDecision(decision);
      // This comes before the changes are taken in: an answer that can't be stored must fail while all can be taken back.
      const key = call.options.key === undefined ? null : { ...call.options.key, answer: JSON.stringify(answer) };
      if (key !== null) transaction.countBytes(utf8Bytes(key.answer));
      transaction.finish(changes);
      const applied = this.#appliedTo(transaction.touched, answer);
      if (key !== null) {
        const { id, bodyHash, owner = "", madeAt = null, answer: text } = key;
        const { version } = applied;
        this.#answers.push({ key: id, bodyHash, owner, madeAt, at: this.#ageAt, version, answer: text });
      }
      this.#note(call, applied);
    } catch (error) {
      transaction.revert();
      const isLater = isThenable(error);
      call.reject(isLater ? notDecided() : error);
      ignoreWhatComesLater(isLater ? error : decision);
    } finally {
      transaction.end();
    }
  }

  #note(call: Call, applied: Applied | number): void {
    this.#decided.push(call);
    this.#applied.push(applied);
  }

  #appliedTo(touched: ReadonlySet<string>, answer: JsonValue | null): Applied {
    const versions: Record<string, number> = {};
    for (const name of touched) versions[name] = this.#spaces.versionOf(name);
    return this.#appliedAt(this.#spaces.versionOf(MAIN_SPACE), versions, answer);
  }

  #appliedAlone(version: number): Applied {
    return this.#appliedAt(version, { [MAIN_SPACE]: version }, null);
  }

  #appliedAt(version: number, versions: Applied["versions"], answer: JsonValue | null): Applied {
    return { epoch: this.#epoch, version, versions, answer, replayed: false };
  }

  /** This must be durable before anyone hears of it; null when nothing must. It may throw: nothing has moved then. */
  toCommit(): CommitGroup | null {
    this.#tally.end();
    this.#spaces.requireSound();
    const { drafts } = this;
    // A space that came and went leaves nothing but its archive, as if each call had gone alone.
    const spaces = drafts.filter((draft) => !(draft.isNew && draft.removed));
    const history = drafts.flatMap((draft) => (draft.removed && !draft.archived ? [] : draft.history));
    if (spaces.length === 0 && history.length === 0 && this.#answers.length === 0) return null;
    const commits = spaces.map((draft) => draft.toCommit(this.#epoch));
    return { at: this.#at, ageAt: this.#ageAt, spaces: commits, history, answers: this.#answers };
  }

  /** All of it is committed, and has been told to those who follow. */
  resolve(): void {
    for (let i = 0; i < this.#decided.length; i += 1) {
      const applied = this.#applied[i] as Applied | number;
      this.#decided[i]?.resolve(typeof applied === "number" ? this.#appliedAlone(applied) : applied);
    }
  }

  /** Nothing of it came to be, and every call learns why. */
  reject(error: unknown): void {
    this.#spaces.discard();
    for (const call of this.#decided) call.reject(error);
  }
}

/** A call that waits for its turn. Nothing of it is in the caller's hands any more. */
export interface Call {
  /** A decision, or one change to the main space that needs none. */
  readonly work: Decide<AnyState> | TakenChange;
  readonly options: TransactOptions;
  /** About so many bytes were taken with it (rule P4). */
  readonly bytes: number;
  /** It may be larger than other transactions, since nobody is served yet. */
  readonly unbounded?: boolean;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: unknown) => void;
}
