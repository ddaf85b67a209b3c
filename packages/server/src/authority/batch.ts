import {
  type AnyState,
  type AskedChange,
  ignoreWhatComesLater,
  isThenable,
  type JsonValue,
  type Model,
  SyncError,
  type TakenChange,
  takeChange,
  utf8Bytes,
} from "@neverstale/protocol";
import { type Epochs, SpaceLineage } from "../space/lineage.ts";
import { Space } from "../space/space.ts";
import { SpaceDraft, type UndoLog } from "../space/space-draft.ts";
import type { CommitGroup, StoredAnswer } from "../store/contract.ts";
import { notDecided, requireChanges, requireSpaceName, takeDecision } from "./door.ts";
import type { Limits } from "./limits.ts";
import { type BoundsSeen, Tally } from "./tally.ts";
import { type Applied, type Decide, MAIN_SPACE, type Transaction, type TransactOptions } from "./transaction.ts";

/** A `transact` that waits for its turn. Nothing of it is in the caller's hands any more. */
export interface Call {
  /** A decision, or one change to the main space that needs none. */
  readonly work: Decide<AnyState> | TakenChange;
  readonly options: TransactOptions;
  /** About how many bytes were taken with it (rule P4). */
  readonly bytes: number;
  /** Whether it may be larger than other transactions: before anyone is served. */
  readonly unbounded?: boolean;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: unknown) => void;
}

/** What a batch needs of the manager that owns the spaces. */
export interface BatchContext {
  readonly epochs: Epochs;
  readonly limits: Limits;
  readonly bounds: BoundsSeen;
  /** How many spaces are committed. */
  spaceCount(): number;
  space(name: string): Space | null;
  /** Throws `unknown_space` when the names declared don't cover it. */
  modelOf(name: string): Model;
  newId(): string;
}

/** One group commit in the making: the calls decided so far, and what they did (rule A3). */
export class Batch {
  readonly #context: BatchContext;
  readonly #at: number;
  readonly #ageAt: number;
  readonly tally: Tally;
  /** The spaces as the batch sees them; null for one that it ended. */
  readonly #drafts = new Map<string, SpaceDraft | null>();
  readonly #ended: SpaceDraft[] = [];
  /** How many spaces it makes more than it ends. */
  #moreSpaces = 0;
  readonly #answers: StoredAnswer[] = [];
  /** The calls that were decided, and what each of them is told: of a lone change, its version. */
  readonly #decided: Call[] = [];
  readonly #applied: (Applied | number)[] = [];
  /** Why nothing of it may be stored: something was left half done. */
  #spoiledBy: { readonly cause: unknown } | null = null;

  /** `at` and `ageAt`: see `CommitGroup`. */
  constructor(context: BatchContext, at: number, ageAt: number) {
    this.#context = context;
    this.#at = at;
    this.#ageAt = ageAt;
    this.tally = new Tally(context.limits, context.bounds);
  }

  /** Whether it holds as much as a group may: the calls that still wait form the next one (rule S8). */
  get isFull(): boolean {
    return this.tally.isGroupFull || this.#spoiledBy !== null;
  }

  /** Decides one call. One that throws is rejected at once and alone, with nothing of it left behind. */
  decide(call: Call): void {
    this.tally.begin(call.unbounded === true);
    if (typeof call.work === "function") this.#decide(call, call.work);
    else this.#add(call, call.work);
  }

  #add(call: Call, change: TakenChange): void {
    const draft = this.draft(MAIN_SPACE) as SpaceDraft;
    if (!this.tally.hasRoom(draft.bytes)) return this.#decide(call, () => [change]);
    try {
      this.addAlone(draft, change);
      this.#note(call, draft.version);
    } catch (error) {
      call.reject(error);
    }
  }

  /** A lone change fails before it has done anything: there is nothing to take back. */
  addAlone(draft: SpaceDraft, change: TakenChange): void {
    const before = draft.version;
    try {
      draft.addOne(change, null);
    } catch (error) {
      if (draft.version !== before) this.spoil(error);
      throw error;
    }
  }

  #decide(call: Call, decide: Decide<AnyState>): void {
    const step = new Step(this);
    let decision: unknown;
    try {
      decision = decide(step.state(MAIN_SPACE) as AnyState, new OpenTransaction(step));
      const { changes, answer } = takeDecision(decision);
      // Before the changes are taken in: what can't be stored must fail while all can be taken back.
      const key = call.options.key === undefined ? null : { ...call.options.key, answer: JSON.stringify(answer) };
      if (key !== null) step.takeBytes(utf8Bytes(key.answer));
      step.finish(changes);
      const applied = this.#appliedTo(step.touched, answer);
      if (key !== null) {
        const { id, bodyHash, owner = "", madeAt = null, answer: text } = key;
        const { version } = applied;
        this.#answers.push({ key: id, bodyHash, owner, madeAt, at: this.#ageAt, version, answer: text });
      }
      this.#note(call, applied);
    } catch (error) {
      step.takeBack();
      const isLater = isThenable(error);
      call.reject(isLater ? notDecided() : error);
      ignoreWhatComesLater(isLater ? error : decision);
    } finally {
      step.over = true;
    }
  }

  /** What was begun could not be taken back: no group can be made of it any more. */
  spoil(cause: unknown): void {
    this.#spoiledBy ??= { cause };
  }

  #note(call: Call, applied: Applied | number): void {
    this.#decided.push(call);
    this.#applied.push(applied);
  }

  #appliedTo(touched: ReadonlySet<string>, answer: JsonValue | null): Applied {
    const versions: Record<string, number> = {};
    for (const name of touched) versions[name] = this.#drafts.get(name)?.version ?? 0;
    return this.#appliedAt(this.#drafts.get(MAIN_SPACE)?.version ?? 0, versions, answer);
  }

  #appliedAlone(version: number): Applied {
    return this.#appliedAt(version, { [MAIN_SPACE]: version }, null);
  }

  #appliedAt(version: number, versions: Applied["versions"], answer: JsonValue | null): Applied {
    return { epoch: this.#context.epochs.today, version, versions, answer, replayed: false };
  }

  draft(name: string): SpaceDraft | null {
    const known = this.#drafts.get(name);
    if (known !== undefined) return known;
    const space = this.#context.space(name);
    const draft = space === null ? null : new SpaceDraft(space, false, this.#at, this.tally);
    if (draft !== null) this.#drafts.set(name, draft);
    return draft;
  }

  create(name: string, undo: UndoLog): SpaceDraft {
    const model = this.#context.modelOf(name);
    this.tally.checkSpaces(this.#context.spaceCount() + this.#moreSpaces + 1);
    const space = new Space(name, this.#context.newId(), model, new SpaceLineage(this.#context.epochs, []));
    return this.#set(name, new SpaceDraft(space, true, this.#at, this.tally), undo) as SpaceDraft;
  }

  end(draft: SpaceDraft, undo: UndoLog): void {
    draft.removed = true;
    this.#ended.push(draft);
    undo.push(() => {
      draft.removed = false;
      this.#ended.pop();
    });
    this.#set(draft.space.name, null, undo);
  }

  #set(name: string, draft: SpaceDraft | null, undo: UndoLog): SpaceDraft | null {
    const before = this.#drafts.get(name);
    const more = draft === null ? -1 : 1;
    this.#moreSpaces += more;
    this.#drafts.set(name, draft);
    undo.push(() => {
      this.#moreSpaces -= more;
      if (before === undefined) this.#drafts.delete(name);
      else this.#drafts.set(name, before);
    });
    return draft;
  }

  /** The drafts that did something, ended spaces first: a new one may have taken a name over. */
  get drafts(): readonly SpaceDraft[] {
    const live = [...this.#drafts.values()].filter((draft) => draft !== null);
    return [...this.#ended, ...live.filter((draft) => draft.isNew || draft.changes.length > 0)];
  }

  /** What must be durable before anyone hears of it, or null when nothing must. May throw: nothing has moved then. */
  toCommit(): CommitGroup | null {
    this.tally.end();
    if (this.#spoiledBy !== null) throw this.#spoiledBy.cause;
    const drafts = this.drafts;
    // Of a space that came and went there is nothing to keep but what it evicted, as if each call had gone alone.
    const spaces = drafts.filter((draft) => !(draft.isNew && draft.removed));
    const history = drafts.flatMap((draft) => draft.history);
    if (spaces.length === 0 && history.length === 0 && this.#answers.length === 0) return null;
    const epoch = this.#context.epochs.today;
    const commits = spaces.map((draft) => draft.toCommit(epoch));
    return { at: this.#at, ageAt: this.#ageAt, spaces: commits, history, answers: this.#answers };
  }

  resolve(): void {
    for (let i = 0; i < this.#decided.length; i += 1) {
      const applied = this.#applied[i] as Applied | number;
      this.#decided[i]?.resolve(typeof applied === "number" ? this.#appliedAlone(applied) : applied);
    }
  }

  /** Nothing of the batch came to be: every call learns why, and the next batch starts from what is committed. */
  reject(error: unknown): void {
    for (const draft of [...this.#ended, ...this.#drafts.values()]) {
      for (const index of draft?.space.keepIndexes ?? []) index.stale = true;
    }
    for (const call of this.#decided) call.reject(error);
  }
}

/** One call's view of the batch, and how to take it back. */
class Step {
  readonly touched = new Set<string>();
  /** Whether the decision has returned: its group may be on its way to the disk, and nothing can be added to it. */
  over = false;
  readonly #batch: Batch;
  readonly #undo: UndoLog = [];
  readonly #bytesBefore = new Map<SpaceDraft, number>();

  constructor(batch: Batch) {
    this.#batch = batch;
  }

  state(name: string): AnyState | null {
    return this.#draft(name)?.state ?? null;
  }

  /** The name of a space that is there has been looked at. */
  #draft(name: string): SpaceDraft | null {
    if (this.over) throw notDecided();
    const draft = this.#batch.draft(name);
    if (draft === null) requireSpaceName(name);
    return draft;
  }

  add(name: string, changes: readonly AskedChange[]): void {
    const before = this.#undo.length;
    try {
      const known = this.#draft(name);
      requireChanges(changes);
      if (changes.length === 0) return;
      const draft = known ?? this.#batch.create(name, this.#undo);
      this.#touch(draft);
      draft.add(changes, this.#undo);
    } catch (error) {
      this.#takeBackTo(before); // A decision may catch it, and go on.
      ignoreWhatComesLater(changes);
      throw error;
    }
    this.touched.add(name);
  }

  /** Remembers how large its state was before this transaction. */
  #touch(draft: SpaceDraft): void {
    if (!this.#bytesBefore.has(draft)) this.#bytesBefore.set(draft, draft.bytes);
  }

  /** What is stored with the changes. */
  takeBytes(bytes: number): void {
    const { tally } = this.#batch;
    tally.take(0, bytes);
    this.#undo.push(() => tally.takeBack(0, bytes));
  }

  /** What the decision returned; a lone change needs no way back where nothing can fail after it. */
  finish(changes: readonly AskedChange[]): void {
    const { tally } = this.#batch;
    const main = this.#batch.draft(MAIN_SPACE) as SpaceDraft;
    // Before anything is looked at: a change that is read may run code of the caller's.
    const alone = changes.length === 1 ? takeChange(main.space.model, changes[0] as AskedChange) : null;
    if (alone !== null && this.touched.size === 0 && tally.hasRoom(main.bytes)) {
      this.#batch.addAlone(main, alone);
      this.touched.add(MAIN_SPACE);
      return;
    }
    this.add(MAIN_SPACE, alone === null ? changes : [alone]);
    for (const [draft, before] of this.#bytesBefore) {
      if (!draft.removed) tally.checkState(draft.space.name, draft.bytes, before);
    }
  }

  removeSpace(name: string): void {
    const draft = this.#draft(name);
    if (name === MAIN_SPACE) throw new SyncError("invalid_change", "the main space can't be removed");
    if (draft === null) throw new SyncError("unknown_space", `there is no space "${name}"`);
    this.#batch.end(draft, this.#undo);
  }

  takeBack(): void {
    this.#takeBackTo(0);
  }

  #takeBackTo(length: number): void {
    try {
      for (const revert of this.#undo.splice(length).reverse()) revert();
    } catch (error) {
      this.#batch.spoil(error);
    }
  }
}

/** What a decision is handed: of its step only what it may use. */
class OpenTransaction implements Transaction {
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  state(space: string): AnyState | null {
    return this.#step.state(space);
  }

  add(space: string, changes: readonly AskedChange[]): void {
    this.#step.add(space, changes);
  }

  removeSpace(space: string): void {
    this.#step.removeSpace(space);
  }
}
