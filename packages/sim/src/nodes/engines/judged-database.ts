/** The judged database is the memory that all nodes of a run share: the oracle is told of all that is stored in it. */

import { type MemoryData, MemoryDatabase } from "@neverstale/server";
import type { ChainHead, CommitGroup, Takeover } from "@neverstale/server/store";
import { Branch } from "../../checks/history.ts";
import type { Models } from "../../plan/releases.ts";
import type { Surroundings } from "../../world/surroundings.ts";

export class JudgedDatabase extends MemoryDatabase {
  readonly #world: Surroundings;
  readonly #models: Models;
  /** This is the history of the chain, as the oracle has it. */
  branch = new Branch();
  /** The standby has all up to here. */
  #standby: Image | null = null;
  /** The tail was last lost at this time. */
  lostAt = Number.NEGATIVE_INFINITY;

  constructor(
    world: Surroundings,
    models: Models,
    retention: { readonly logChanges: number; readonly chainEntries: number },
  ) {
    super({ retention });
    this.#world = world;
    this.#models = models;
  }

  override takeOver(takeover: Takeover): ChainHead {
    const before = this.confirm().head;
    const place = super.takeOver(takeover);
    if (this.confirm().head === before) return place; // The answer was lost, and was asked for once more.
    this.#note(`takeover ${place.sequence} ${place.term} of ${takeover.address}`);
    this.#world.counters.add("engines_takeovers");
    this.branch = this.branch.fork(); // What the oracle has of the term before ends here.
    this.#world.oracle.begin(place.term, this.branch);
    return place;
  }

  /** A node has stored this group. */
  stored(group: CommitGroup): void {
    const { head } = this.confirm();
    this.#note(
      `commit ${head?.sequence} ${group.spaces.map(({ name, lastVersion }) => `${name} ${lastVersion}`).join(", ")}`,
    );
    this.#world.counters.add("engines_commits");
    const facts = { epoch: head?.term ?? "", now: this.#world.clock.now, models: this.#models };
    this.#world.oracle.commit(this.branch, group, facts);
  }

  /** The standby has got so far, and hears no more. */
  keepStandby(): void {
    this.#standby = { data: this.dump(), branch: this.branch.fork() };
  }

  /** The standby takes the place of the primary, whose newest entries are lost. It returns false when none are. */
  promote(): boolean {
    const image = this.#standby;
    const { head } = this.confirm();
    if (image === null || (image.data.head?.sequence === head?.sequence && image.data.head?.term === head?.term))
      return false;
    this.#note(`promoted at ${image.data.head?.sequence}, and ${head?.sequence} was the newest entry`);
    this.restore(image.data);
    this.branch = image.branch.fork();
    this.lostAt = this.#world.clock.now;
    this.#world.restoredAt = this.#world.clock.now;
    this.#world.restores += 1;
    this.#standby = null;
    return true;
  }

  #note(text: string): void {
    this.#world.trace.line(this.#world.clock.now, `database ${text}`);
  }
}

interface Image {
  readonly data: MemoryData;
  readonly branch: Branch;
}
