/** A judged database is what one primary holds: the oracle is told of all that is stored in it. */

import { type MemoryData, MemoryDatabase } from "@neverstale/server";
import type { ChainHead, CommitGroup, Confirmation, Takeover } from "@neverstale/server/store";
import { Branch, type HistoryMoment } from "../../checks/history.ts";
import type { Models } from "../../plan/releases.ts";
import type { Surroundings } from "../../world/surroundings.ts";

export class JudgedDatabase extends MemoryDatabase {
  readonly #parts: JudgedParts;
  /** It was a standby, and began with this. */
  readonly #image: StandbyImage | null;
  /** This is the history of the chain, as the oracle has it. */
  branch: Branch;
  /** No session reaches it any more, since this time. */
  endedAt: number | null = null;

  constructor(parts: JudgedParts, image: StandbyImage | null) {
    super({ retention: parts.retention, ...(image === null ? {} : { data: image.data }) });
    this.#parts = parts;
    this.#image = image;
    this.branch = image?.branch.fork() ?? new Branch();
  }

  override takeOver(takeover: Takeover): ChainHead {
    const before = this.confirm().head;
    const place = super.takeOver(takeover);
    if (this.confirm().head === before) return place; // The answer was lost, and was asked for once more.
    const { world } = this.#parts;
    this.#note(`takeover ${place.sequence} ${place.term} of ${takeover.address}`);
    world.counters.add("engines_takeovers");
    this.branch = this.branch.fork(); // What the oracle has of the term before ends here.
    world.oracle.begin(place.term, this.branch);
    return place;
  }

  /** A pooler may hand statements to whatever server, so it says which one it is. */
  override confirm(): Confirmation {
    return { ...super.confirm(), server: this.#parts.server };
  }

  /** A node has stored this group. */
  stored(group: CommitGroup): void {
    const { world, models } = this.#parts;
    const { head } = this.confirm();
    this.#note(
      `commit ${head?.sequence} ${group.spaces.map(({ name, lastVersion }) => `${name} ${lastVersion}`).join(", ")}`,
    );
    world.counters.add("engines_commits");
    world.oracle.commit(this.branch, group, { epoch: head?.term ?? "", now: world.clock.now, models });
  }

  image(): StandbyImage {
    return { of: this, data: this.dump(), branch: this.branch.fork() };
  }

  has(creationId: string, moment: HistoryMoment): boolean {
    return holds(this.branch, creationId, moment);
  }

  hadAtFirst(creationId: string, moment: HistoryMoment): boolean {
    return this.#image !== null && holds(this.#image.branch, creationId, moment);
  }

  #note(text: string): void {
    const { world } = this.#parts;
    world.trace.line(world.clock.now, `database ${text}`);
  }
}

/** Nothing is remembered of what a space held that has ended, so it counts as held. */
function holds(branch: Branch, creationId: string, moment: HistoryMoment): boolean {
  if (branch.ended.has(creationId)) return true;
  for (const history of branch.spaces.values())
    if (history.creationId === creationId) return history.moments[moment.version] === moment;
  return false;
}

/** This is what a standby has of its primary. */
export interface StandbyImage {
  readonly of: JudgedDatabase;
  readonly data: MemoryData;
  readonly branch: Branch;
}

export interface JudgedParts {
  readonly world: Surroundings;
  readonly models: Models;
  /** It is this server. */
  readonly server: string;
  readonly retention: { readonly logChanges: number; readonly chainEntries: number };
}
