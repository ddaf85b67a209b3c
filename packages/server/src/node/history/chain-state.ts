/** The chain state is what a node holds: all spaces as they are at one entry of the chain (rule N1). */

import { dropUndeclared, openSpaces } from "../../authority/opening/open-spaces.ts";
import { LoggedModels, replayDraft } from "../../authority/opening/replay.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { Committed } from "../../space/committed.ts";
import { Epochs } from "../../space/lineage.ts";
import type { Space } from "../../space/space.ts";
import { SpaceDraft } from "../../space/space-draft.ts";
import type { SpaceModels } from "../../space/space-models.ts";
import { Spaces } from "../../space/spaces.ts";
import type { ChainEntry, ChainHead, ChainSpace, StoreContents, TakeoverEntry } from "../../store/contract.ts";

export class ChainState {
  readonly spaces: Spaces;
  /** All up to this entry is in `spaces`. It is null before the first takeover. */
  place: ChainHead | null;
  /** This is the newest takeover, by whoever is the writer. */
  takeover: Pick<TakeoverEntry, "sequence" | "term" | "address" | "model"> | null;
  /** This is `ageAt` of the newest entry. */
  ageAt: number | null;
  readonly #models = new WeakMap<Space, LoggedModels>();

  constructor(contents: StoreContents, models: SpaceModels, limits: Limits, runtime: Runtime) {
    const epochs = new Epochs(contents.epochs, limits.epochs);
    const byName = openSpaces(contents.spaces, models, epochs, limits.tombstones);
    this.spaces = new Spaces(byName, models, epochs, limits, runtime);
    this.place = contents.head;
    this.takeover = contents.takeover;
    this.ageAt = contents.ageAt;
  }

  /** The entry stands directly behind what is here, in the same history (rule N2). */
  isNext({ sequence, termBefore }: ChainEntry): boolean {
    return sequence === (this.place?.sequence ?? 0) + 1 && termBefore === (this.place?.term ?? null);
  }

  isAt(place: ChainHead | null): boolean {
    return place?.sequence === this.place?.sequence && place?.term === this.place?.term;
  }

  /** The entry is of the newest term, and in `spaces`. One of an earlier term may be there, too. */
  holds(place: ChainHead | null): boolean {
    if (place === null) return true;
    const { takeover } = this;
    const isOfTerm = takeover?.term === place.term && takeover.sequence <= place.sequence;
    return isOfTerm && place.sequence <= (this.place?.sequence ?? 0);
  }

  /** The entry is the next one. It went through validation once, so nothing of it is looked at again. */
  apply(entry: ChainEntry): Committed[] {
    if (entry.type === "group") {
      const committed = this.#group(entry.spaces, entry.at);
      this.moveTo(entry, entry.ageAt);
      return committed;
    }
    this.spaces.epochs.begin(entry.term);
    this.tookOver(entry);
    return [];
  }

  /** Everything up to this entry is in `spaces`. */
  moveTo({ sequence, term }: ChainHead, ageAt: number): void {
    this.place = { sequence, term };
    this.ageAt = ageAt;
  }

  /** The epoch of the takeover is known already. */
  tookOver(entry: TakeoverEntry): void {
    const { sequence, term, address, model, ageAt } = entry;
    this.takeover = { sequence, term, address, model };
    this.moveTo(entry, ageAt);
  }

  /** One entry is one step. A space that takes the place of another in it stands behind the end of that one. */
  #group(moves: readonly ChainSpace[], at: number): Committed[] {
    const drafts: SpaceDraft[] = [];
    const made = new Map<string, Space>();
    for (const move of moves) {
      const space = move.creationId === null ? (made.get(move.name) ?? this.spaces.get(move.name)) : this.#make(move);
      // The space has ended further on in the chain, and its changes were let go of (rule S9). Here it ends at once.
      if (space === null) continue;
      if (move.creationId !== null) made.set(move.name, space);
      drafts.push(this.#draft(space, move, at));
    }
    const committed = this.spaces.follow(drafts);
    for (const { space } of drafts) dropUndeclared(space);
    return committed;
  }

  /** It is null for a space whose changes are gone. */
  #make({ name, creationId, changes }: ChainSpace): Space | null {
    return changes === null || creationId === null ? null : this.spaces.madeElsewhere(name, creationId);
  }

  #draft(space: Space, move: ChainSpace, at: number): SpaceDraft {
    const { creationId, removed, lineage, firstVersion, lastVersion, changes } = move;
    if (removed || changes === null) return ended(space, at);
    if (lineage !== null) space.lineage.add(lineage);
    if (changes === "") return new SpaceDraft(space, creationId !== null, at, null, []);
    const row = { firstVersion, lastVersion, at, changes };
    return replayDraft(space, row, this.#modelsOf(space), creationId !== null);
  }

  #modelsOf(space: Space): LoggedModels {
    const known = this.#models.get(space);
    if (known !== undefined) return known;
    const models = new LoggedModels(space);
    this.#models.set(space, models);
    return models;
  }
}

function ended(space: Space, at: number): SpaceDraft {
  const draft = new SpaceDraft(space, false, at, null, []);
  draft.removed = true;
  return draft;
}
