/** A transaction in the making: what one decision does to its group, and how to take that back. */

import {
  type AnyState,
  type AskedChange,
  ignoreWhatComesLater,
  type Model,
  type StateOf,
  SyncError,
  type TakenChange,
  takeChange,
} from "@neverstale/protocol";
import type { SpaceDraft, UndoLog } from "../../space/space-draft.ts";
import { MAIN_SPACE } from "../../space/space-models.ts";
import { checkedRemoval, notDecided, requireChanges, requireSpaceName } from "../door.ts";
import type { RemoveOptions, Transaction } from "../transaction.ts";
import type { GroupSpaces } from "./group-spaces.ts";

export class TransactionDraft {
  /** The names of the spaces that it did something to. */
  readonly touched = new Set<string>();
  /** The decision is handed this: of the draft only what a decision may use. */
  readonly open: Transaction = new OpenTransaction(this);
  /** The decision has returned: its group may be on its way to the disk, and nothing can be added to it. */
  #over = false;
  readonly #spaces: GroupSpaces;
  readonly #undo: UndoLog = [];
  readonly #bytesBefore = new Map<SpaceDraft, number>();

  constructor(spaces: GroupSpaces) {
    this.#spaces = spaces;
  }

  state(name: string): AnyState | null {
    return this.#draft(name)?.state ?? null;
  }

  /** The name of a space that is there needs no check. */
  #draft(name: string): SpaceDraft | null {
    if (this.#over) throw notDecided();
    const draft = this.#spaces.draft(name);
    if (draft === null) requireSpaceName(name);
    return draft;
  }

  version(name: string): number | null {
    return this.#draft(name)?.version ?? null;
  }

  add(name: string, changes: readonly AskedChange[]): void {
    const before = this.#undo.length;
    try {
      const known = this.#draft(name);
      requireChanges(changes);
      if (changes.length === 0) return;
      const draft = known ?? this.#spaces.create(name, undefined, this.#undo);
      this.#touch(draft);
      draft.add(changes, this.#undo);
    } catch (error) {
      this.#revertTo(before); // A decision may catch the error, and go on.
      ignoreWhatComesLater(changes);
      throw error;
    }
    this.touched.add(name);
  }

  /** Remembers how large its state was before this transaction. */
  #touch(draft: SpaceDraft): void {
    if (!this.#bytesBefore.has(draft)) this.#bytesBefore.set(draft, draft.bytes);
  }

  createSpace(name: string, model: Model | undefined): AnyState {
    if (this.#draft(name) !== null) throw new SyncError("invalid_change", `there is a space "${name}" already`);
    const draft = this.#spaces.create(name, model, this.#undo);
    this.#touch(draft);
    this.touched.add(name);
    return draft.state;
  }

  removeSpace(name: string, options: RemoveOptions): void {
    const before = this.#undo.length;
    const draft = this.#draft(name);
    const { archive } = checkedRemoval(options);
    if (name === MAIN_SPACE) throw new SyncError("invalid_change", "the main space can't be removed");
    if (draft === null) throw new SyncError("unknown_space", `there is no space "${name}"`);
    try {
      if (archive) draft.archive(this.#undo);
    } catch (error) {
      this.#revertTo(before); // A decision may catch the error, and go on.
      throw error;
    }
    this.#spaces.end(draft, this.#undo);
  }

  /** Counts what is stored beside the changes. */
  countBytes(bytes: number): void {
    const { tally } = this.#spaces;
    tally.count(0, bytes);
    this.#undo.push(() => tally.subtract(0, bytes));
  }

  /** Takes in what the decision returned. A lone change needs no way back where nothing can fail after it. */
  finish(changes: readonly AskedChange[]): void {
    const { tally } = this.#spaces;
    const main = this.#spaces.draft(MAIN_SPACE) as SpaceDraft;
    // This comes before anything is looked at, since a change that is read may run code of the caller's.
    const alone = changes.length === 1 ? takeChange(main.space.model, changes[0] as AskedChange) : null;
    if (alone !== null && this.touched.size === 0 && tally.hasRoom(main.bytes)) {
      addAlone(this.#spaces, main, alone);
      this.touched.add(MAIN_SPACE);
      return;
    }
    this.add(MAIN_SPACE, alone === null ? changes : [alone]);
    for (const [draft, before] of this.#bytesBefore) {
      if (!draft.removed) tally.checkState(draft.space.name, draft.bytes, before);
    }
  }

  /** From here on it refuses whatever it is asked for. */
  end(): void {
    this.#over = true;
  }

  revert(): void {
    this.#revertTo(0);
  }

  #revertTo(length: number): void {
    try {
      for (const revert of this.#undo.splice(length).reverse()) revert();
    } catch (error) {
      this.#spaces.spoil(error);
    }
  }
}

/** A lone change fails before it has done anything: there is nothing to take back. */
export function addAlone(spaces: GroupSpaces, draft: SpaceDraft, change: TakenChange): void {
  const before = draft.version;
  try {
    draft.addOne(change, null);
  } catch (error) {
    if (draft.version !== before) spaces.spoil(error);
    throw error;
  }
}

class OpenTransaction implements Transaction {
  readonly #draft: TransactionDraft;

  constructor(draft: TransactionDraft) {
    this.#draft = draft;
  }

  /** The compiler goes by the models that were declared, and so does the draft. */
  state(space: string): never {
    return this.#draft.state(space) as never;
  }

  version(space: string): number | null {
    return this.#draft.version(space);
  }

  add(space: string, changes: readonly AskedChange[]): void {
    this.#draft.add(space, changes);
  }

  createSpace<M extends Model>(space: string, model?: M): StateOf<M> {
    return this.#draft.createSpace(space, model) as StateOf<M>;
  }

  removeSpace(space: string, options: RemoveOptions): void {
    this.#draft.removeSpace(space, options);
  }
}
