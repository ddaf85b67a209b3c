/** The spaces as the group in the making sees them: the committed ones, and what the group has done to them so far. */

import { type Model, SyncError } from "@neverstale/protocol";
import type { Tally } from "../../limits/tally.ts";
import type { KeepIndexes } from "../../space/keep-index.ts";
import { SpaceDraft, type UndoLog } from "../../space/space-draft.ts";
import type { Spaces } from "../../space/spaces.ts";

export class GroupSpaces {
  readonly tally: Tally;
  readonly #spaces: Spaces;
  readonly #keepIndexes: KeepIndexes;
  readonly #at: number;
  /** A space that the group has ended is null here. */
  readonly #drafts = new Map<string, SpaceDraft | null>();
  readonly #ended: SpaceDraft[] = [];
  /** The group makes so many more spaces than it ends. */
  #moreSpaces = 0;
  /** Something was left half done: this is why nothing of the group may be stored. */
  #spoiledBy: { readonly cause: unknown } | null = null;

  /** `at` is the wall clock's time. */
  constructor(spaces: Spaces, keepIndexes: KeepIndexes, tally: Tally, at: number) {
    this.#spaces = spaces;
    this.#keepIndexes = keepIndexes;
    this.tally = tally;
    this.#at = at;
  }

  draft(name: string): SpaceDraft | null {
    const known = this.#drafts.get(name);
    if (known !== undefined) return known;
    const space = this.#spaces.get(name);
    if (space === null) return null;
    const draft = new SpaceDraft(space, false, this.#at, this.tally, this.#keepIndexes.of(space));
    this.#drafts.set(name, draft);
    return draft;
  }

  /** Throws `unknown_space` when no model is declared for the name, `invalid_change` when it is not the `expected` one. */
  create(name: string, expected: Model | undefined, undo: UndoLog): SpaceDraft {
    const model = this.#spaces.models.of(name);
    if (expected !== undefined && expected !== model) throw otherModel(name);
    this.tally.checkSpaces(this.#spaces.size + this.#moreSpaces + 1);
    const space = this.#spaces.make(name, model);
    const draft = new SpaceDraft(space, true, this.#at, this.tally, this.#keepIndexes.of(space));
    this.#set(name, draft, undo);
    return draft;
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

  #set(name: string, draft: SpaceDraft | null, undo: UndoLog): void {
    const before = this.#drafts.get(name);
    const more = draft === null ? -1 : 1;
    this.#moreSpaces += more;
    this.#drafts.set(name, draft);
    undo.push(() => {
      this.#moreSpaces -= more;
      if (before === undefined) this.#drafts.delete(name);
      else this.#drafts.set(name, before);
    });
  }

  /** These drafts did something. Ended spaces come first, since a new one may have taken a name over. */
  get moved(): readonly SpaceDraft[] {
    const live = [...this.#drafts.values()].filter((draft) => draft !== null);
    return [...this.#ended, ...live.filter((draft) => draft.isNew || draft.changes.length > 0)];
  }

  /** The version at which a space is by now; 0 when the group doesn't know it. */
  versionOf(name: string): number {
    return this.#drafts.get(name)?.version ?? 0;
  }

  /** A transaction could not be taken back: no group can be made of this any more. */
  spoil(cause: unknown): void {
    this.#spoiledBy ??= { cause };
  }

  get isSpoiled(): boolean {
    return this.#spoiledBy !== null;
  }

  /** Throws what the group was spoiled by. */
  requireSound(): void {
    if (this.#spoiledBy !== null) throw this.#spoiledBy.cause;
  }

  /** Nothing of the group came to be: the next one starts from what is committed. */
  discard(): void {
    for (const draft of [...this.#ended, ...this.#drafts.values()]) draft?.discard();
  }
}

function otherModel(name: string): SyncError {
  return new SyncError("invalid_change", `another model is declared for a space named "${name}"`, {
    hint: "Give the model that `spaces` declares for the name, or none.",
  });
}
