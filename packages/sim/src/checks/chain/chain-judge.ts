/** The chain judge follows the chain of a store, entry by entry, and holds it against what the oracle knows. */

import type { ChainEntry, ChainHead, ChainSpace, GroupEntry, TakeoverEntry } from "@neverstale/server/store";
import type { History, Report } from "../history.ts";
import { loggedChanges } from "../logged.ts";
import type { Oracle } from "../oracle.ts";

/** Whoever follows has nothing but the entries. They must be enough, and in order (rules A2 and E1). */
export class ChainJudge {
  readonly #report: Report;
  readonly #oracle: Oracle;
  readonly #becomeOfChanges: (creationId: string) => "kept" | "gone" | "either";
  /** It is null before the first entry. */
  place: ChainHead | null = null;
  spaces = new Map<string, FollowedSpace>();

  /** `becomeOfChanges` says of a creation of a space whether what was logged of it is kept, or gone, or may be either. */
  constructor(report: Report, oracle: Oracle, becomeOfChanges: (creationId: string) => "kept" | "gone" | "either") {
    this.#report = report;
    this.#oracle = oracle;
    this.#becomeOfChanges = becomeOfChanges;
  }

  take(entry: ChainEntry): void {
    const { sequence, term, termBefore } = entry;
    if (sequence !== (this.place?.sequence ?? 0) + 1)
      this.#report("A2", `entry ${sequence} of the chain comes after ${this.place?.sequence}`);
    if (termBefore !== (this.place?.term ?? null))
      this.#report(
        "E1",
        `entry ${sequence} follows the term ${termBefore}, and the one before is of ${this.place?.term}`,
      );
    if (entry.type === "takeover") this.#takeOver(entry);
    else this.#takeGroup(entry);
    this.place = { sequence, term };
  }

  #takeOver({ sequence, term }: TakeoverEntry): void {
    if (!this.#oracle.hasBegun(term))
      this.#report("E1", `takeover ${sequence} is of the term ${term}, which never began`);
  }

  #takeGroup(entry: GroupEntry): void {
    const { sequence, term } = entry;
    if (term !== this.place?.term) this.#report("E1", `entry ${sequence} is of the term ${term} without a takeover`);
    for (const space of entry.spaces) {
      if (space.removed) this.#end(entry, space);
      else this.#move(entry, space);
    }
  }

  #end({ sequence }: GroupEntry, { name }: ChainSpace): void {
    if (!this.spaces.delete(name)) this.#report("A2", `entry ${sequence} ends ${name}, which is not there`);
  }

  #move({ sequence, term }: GroupEntry, space: ChainSpace): void {
    const { name, firstVersion, lastVersion, lineage } = space;
    const known = this.#known(sequence, space);
    if (known === null) return;
    const { creationId, version } = known;
    const isFirst = known.term !== term && lastVersion >= firstVersion;
    if (firstVersion !== version + 1)
      this.#report("A2", `entry ${sequence} goes on with ${firstVersion} of ${name}, after ${version}`);
    if (isFirst !== (lineage?.epoch === term))
      this.#report("E1", `entry ${sequence} has the lineage ${lineage?.epoch} of ${name}, in the term ${term}`);
    const history = this.#oracle.historyOf({ epoch: term, space: creationId });
    if (history?.name !== name) this.#report("A2", `entry ${sequence} names ${name}, and it was ${history?.name}`);
    else this.#checkChanges(sequence, history, space);
    this.spaces.set(name, { creationId, version: lastVersion, term: isFirst ? term : known.term });
  }

  #known(sequence: number, { name, creationId }: ChainSpace): FollowedSpace | null {
    const known = this.spaces.get(name) ?? null;
    if (creationId === null) {
      if (known === null) this.#report("A2", `entry ${sequence} moves ${name}, which is not there`);
      return known;
    }
    if (known !== null) this.#report("A2", `entry ${sequence} makes ${name}, which has not ended`);
    return { creationId, version: 0, term: null };
  }

  #checkChanges(sequence: number, history: History, space: ChainSpace): void {
    const { name, firstVersion, lastVersion, changes } = space;
    const become = lastVersion < firstVersion ? "kept" : this.#becomeOfChanges(history.creationId);
    if (become !== "either" && (become === "gone") !== (changes === null))
      this.#report("S9", `entry ${sequence} has the changes of ${name} ${changes === null ? "not any more" : "still"}`);
    if (changes === null) return;
    const told = changes === "" ? [] : loggedChanges(changes);
    const durable = history.moments.slice(firstVersion, lastVersion + 1).map(({ change }) => change);
    if (JSON.stringify(told) !== JSON.stringify(durable))
      this.#report("A2", `entry ${sequence} has other changes ${firstVersion} to ${lastVersion} of ${name}`);
  }
}

/** A follower knows this of a space. `term` is that of the newest change. */
export interface FollowedSpace {
  readonly creationId: string;
  readonly version: number;
  readonly term: string | null;
}
