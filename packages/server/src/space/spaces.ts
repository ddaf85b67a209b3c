/** The committed spaces: what is stored, as everyone who reads sees it. */

import { assert, type Model } from "@neverstale/protocol";
import type { Limits } from "../limits/limits.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type Committed, committedIn } from "./committed.ts";
import { Digester } from "./digester.ts";
import { type Epochs, SpaceLineage } from "./lineage.ts";
import { Space } from "./space.ts";
import type { SpaceDraft } from "./space-draft.ts";
import { MAIN_SPACE, type SpaceModels } from "./space-models.ts";
import { TombstoneBound } from "./tombstone-bound.ts";

/** Nothing but `commit` alters a space, and `commit` is called with what is durable already (rule A1). */
export class Spaces {
  readonly epochs: Epochs;
  readonly models: SpaceModels;
  readonly limits: Limits;
  readonly #runtime: Runtime;
  readonly #spaces: Map<string, Space>;
  readonly #tombstones: TombstoneBound;
  readonly #digester: Digester;

  /** `spaces` are those that the store gave back, by name, the main one among them. */
  constructor(spaces: Map<string, Space>, models: SpaceModels, epochs: Epochs, limits: Limits, runtime: Runtime) {
    this.#spaces = spaces;
    this.models = models;
    this.epochs = epochs;
    this.limits = limits;
    this.#runtime = runtime;
    this.#tombstones = new TombstoneBound(spaces, limits.tombstonesInAll);
    this.#digester = new Digester(runtime, spaces);
  }

  get size(): number {
    return this.#spaces.size;
  }

  get main(): Space {
    const main = this.#spaces.get(MAIN_SPACE);
    assert(main !== undefined, "the main space is there from the start");
    return main;
  }

  get(name: string): Space | null {
    return this.#spaces.get(name) ?? null;
  }

  names(): MapIterator<string> {
    return this.#spaces.keys();
  }

  values(): MapIterator<Space> {
    return this.#spaces.values();
  }

  /** A new space, which is not among these before a commit that holds it. */
  make(name: string, model: Model): Space {
    return new Space(name, this.#runtime.newId(), model, new SpaceLineage(this.epochs, []), this.models.viewsOf(name));
  }

  /** It is as `make`, for a space that another node has made. */
  madeElsewhere(name: string, creationId: string): Space {
    const lineage = new SpaceLineage(this.epochs, []);
    return new Space(name, creationId, this.models.of(name), lineage, this.models.viewsOf(name));
  }

  /** Makes what a group did the committed state. It returns what those who follow are to be told. */
  commit(drafts: readonly SpaceDraft[]): Committed[] {
    return this.#takeIn(drafts, (draft) => draft.commit(this.epochs.today, this.limits.tombstones));
  }

  /** As `commit`, for drafts of what another node has decided and stored. Their lineage rows are known already (rule N1). */
  follow(drafts: readonly SpaceDraft[]): Committed[] {
    return this.#takeIn(drafts, (draft) => draft.commitReplayed(this.limits.tombstones));
  }

  #takeIn(drafts: readonly SpaceDraft[], commit: (draft: SpaceDraft) => void): Committed[] {
    const committed: Committed[] = [];
    for (const draft of drafts) {
      const { space } = draft;
      const firstVersion = space.head + 1;
      const before = space.tombstones;
      commit(draft);
      this.#tombstones.moved(draft.removed ? -before : space.tombstones - before);
      if (draft.isNew) this.#spaces.set(space.name, space);
      if (draft.removed) this.#spaces.delete(space.name); // It may have come and gone in this very group.
      committed.push(committedIn(space, draft.changes, firstVersion));
    }
    this.#tombstones.trim();
    this.#digester.committed();
    return committed;
  }

  /** Ends the work that is done in quiet moments. */
  stop(): void {
    this.#digester.stop();
  }
}
