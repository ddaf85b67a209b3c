/** The catalog knows the spaces of a store and the end of its chain, and numbers what a commit writes. */

import { assert } from "@neverstale/protocol";
import {
  type ChainHead,
  type ChangesText,
  type CommitGroup,
  type HistoryRow,
  type LineageRow,
  type SpaceCommit,
  type SpaceMove,
  type StoredAnswer,
  type StoredHistoryRow,
  StoreFailure,
} from "./contract.ts";

/** It is as the last commit or takeover left it. */
export class Catalog {
  readonly #spaces: Map<string, SpaceEntry>;
  #counters: Counters;
  #chain: ChainEnd;
  /** The store has no term at the start, and since its term was over. */
  #isInTerm = false;

  constructor(spaces: Iterable<readonly [string, SpaceEntry]>, counters: Counters, chain: ChainEnd) {
    this.#spaces = new Map(spaces);
    this.#counters = counters;
    this.#chain = chain;
  }

  get counters(): Counters {
    return this.#counters;
  }

  get chain(): ChainEnd {
    return this.#chain;
  }

  /** It returns the newest entry that the store wrote in its term. It throws `fenced` when the store has no term. */
  requireTerm(): ChainHead {
    const { head } = this.#chain;
    if (this.#isInTerm && head !== null) return head;
    throw new StoreFailure("fenced", "this store has no term: it has to take over first");
  }

  /** From here on nothing is written before the next takeover. */
  endTerm(): void {
    this.#isInTerm = false;
  }

  /** The entry of the store's own takeover is stored, at this place. */
  tookOver(head: ChainHead): void {
    this.#chain = { head, takeover: head.sequence };
    this.#isInTerm = true;
  }

  get(name: string): SpaceEntry | null {
    return this.#spaces.get(name) ?? null;
  }

  /** The draft alters nothing until it is handed to `carriedOut`. It throws `fenced` when the store has no term. */
  plan(group: CommitGroup): PlanDraft {
    const { sequence, term } = this.requireTerm();
    const draft = new PlanDraft(this, group, { sequence: sequence + 1, term });
    for (const space of group.spaces) draft.add(space);
    return draft;
  }

  carriedOut(draft: PlanDraft): void {
    for (const [name, entry] of draft.spaces) {
      if (entry === null) this.#spaces.delete(name);
      else this.#spaces.set(name, entry);
    }
    this.#counters = draft.counters;
    this.#chain = { ...this.#chain, head: draft.head };
  }
}

/** A draft is the plan in the making, and the catalog as it will be once the plan is carried out. */
export class PlanDraft {
  readonly at: number;
  readonly ageAt: number;
  readonly history: readonly HistoryRow[];
  readonly answers: readonly StoredAnswer[];
  /** This is the place of the group's entry. */
  readonly head: ChainHead;
  /** This is what the entry says of its spaces, in order. */
  moves: PlannedMove[] = [];
  readonly ended: EndedSpace[] = [];
  made: { id: number; name: string; creationId: string }[] = [];
  lineage: (LineageRow & { readonly spaceId: number })[] = [];
  log: PlannedLogRow[] = [];
  readonly spaces = new Map<string, SpaceEntry | null>();
  counters: Counters;
  readonly #catalog: Catalog;

  constructor(catalog: Catalog, group: CommitGroup, head: ChainHead) {
    this.#catalog = catalog;
    this.head = head;
    this.at = group.at;
    this.ageAt = group.ageAt;
    this.history = group.history;
    this.answers = group.answers;
    this.counters = catalog.counters;
  }

  add(commit: SpaceCommit): void {
    const before = this.#get(commit.name);
    if (commit.removed) {
      assert(before !== null, `no space "${commit.name}" to remove`);
      this.#end(commit.name, before, commit.archived);
    } else if (commit.creationId === null) {
      assert(before !== null, `no space "${commit.name}"`);
      this.#append(before, commit);
    } else {
      if (before !== null) this.#end(commit.name, before, true);
      this.#append(this.#make(commit.name, commit.creationId), commit);
    }
  }

  /** It returns the plan as it can be written, also by another thread. It is called once, before the plan is carried out. */
  encoded(): CommitPlan {
    const { at, ageAt, head, ended, made, lineage, answers } = this;
    const log = this.log.map((row) => this.#encodedLog(row));
    const history = this.history.map((row) => this.#encodedHistory(row));
    const isPlain = log.length > 0 && made.length + ended.length + lineage.length === 0;
    const spaces = isPlain ? null : this.moves.map(({ move }) => bareMove(move));
    return { entry: { ...head, at, ageAt, spaces }, ended, made, lineage, log, history, answers };
  }

  #encodedLog(row: PlannedLogRow): EncodedLogRow {
    const changes = row.changes.text;
    const chars = this.counters.logChars + changes.length;
    this.counters = { ...this.counters, logChars: chars };
    return { ...row, changes, chars };
  }

  #encodedHistory(row: HistoryRow): EncodedHistoryRow {
    const position = this.counters.position + 1;
    const chars = this.counters.historyChars + row.text.length;
    this.counters = { ...this.counters, position, historyChars: chars };
    return { ...row, position, chars };
  }

  #get(name: string): SpaceEntry | null {
    const planned = this.spaces.get(name);
    return planned === undefined ? this.#catalog.get(name) : planned;
  }

  #make(name: string, creationId: string): SpaceEntry {
    const id = this.counters.nextSpaceId;
    this.counters = { ...this.counters, nextSpaceId: id + 1 };
    this.made.push({ id, name, creationId });
    return { id, creationId, head: 0 };
  }

  /** A space that this very group has made leaves no trace. */
  #end(name: string, { id, creationId, head }: SpaceEntry, archived: boolean): void {
    const wasThere = !this.made.some((space) => space.id === id);
    const committedHead = wasThere ? (this.#catalog.get(name)?.head ?? head) : 0;
    this.spaces.set(name, null);
    this.made = this.made.filter((space) => space.id !== id);
    this.lineage = this.lineage.filter((row) => row.spaceId !== id);
    this.log = this.log.filter((row) => row.spaceId !== id);
    this.moves = this.moves.filter((planned) => planned.spaceId !== id);
    if (!wasThere) return;
    const history = archived ? null : { space: name, creationId };
    this.ended.push({ id, name, history, hasLog: committedHead > 0, lastLog: this.counters.sequence });
    this.moves.push({ spaceId: id, move: endOf(name, committedHead, archived), changes: NO_CHANGES });
  }

  #append(space: SpaceEntry, commit: SpaceCommit): void {
    const { name, firstVersion, lastVersion, lineage, changes } = commit;
    const count = lastVersion - firstVersion + 1;
    assert(
      firstVersion === space.head + 1 && count >= 0,
      `versions ${firstVersion} to ${lastVersion} of "${name}" after ${space.head}`,
    );
    assert(
      lineage === null || (lineage.firstVersion === firstVersion && count > 0),
      `a lineage row of "${name}" without its first change`,
    );
    if (lineage !== null) this.lineage.push({ spaceId: space.id, ...lineage });
    if (count > 0) {
      const sequence = this.counters.sequence + 1;
      const total = this.counters.total + count;
      this.counters = { ...this.counters, sequence, total };
      this.log.push({ sequence, spaceId: space.id, firstVersion, lastVersion, total, changes });
    }
    this.moves.push({ spaceId: space.id, move: commit, changes: count > 0 ? changes : NO_CHANGES });
    this.spaces.set(name, { ...space, head: lastVersion });
  }
}

/** A store knows this of a space, to number what it writes. */
export interface SpaceEntry {
  /** This is the store's own number for one creation of a space. It is never given out twice. */
  readonly id: number;
  readonly creationId: string;
  readonly head: number;
}

/** This is the end of the chain: the place of its newest entry, and the number of its newest takeover, or 0. */
export interface ChainEnd {
  readonly head: ChainHead | null;
  readonly takeover: number;
}

export interface PlannedMove {
  readonly spaceId: number;
  readonly move: SpaceMove;
  /** It is null once they were let go of with their space. */
  readonly changes: ChangesText | null;
}

export interface PlannedLogRow {
  /** It rises by one with every row, over all spaces. It is the order of the commits. */
  readonly sequence: number;
  readonly spaceId: number;
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** So many changes were ever logged, those of this row included. `Retention.logChanges` is measured by it. */
  readonly total: number;
  readonly changes: ChangesText;
}

export interface EncodedLogRow extends Omit<PlannedLogRow, "changes"> {
  readonly changes: string;
  /** So many characters were ever logged, those of this row included. */
  readonly chars: number;
}

export interface EncodedHistoryRow extends StoredHistoryRow {
  /** So many characters were ever evicted, those of this row included. */
  readonly chars: number;
}

/** A plan is a group as plain rows, with nothing left to decide. */
export interface CommitPlan {
  readonly entry: PlannedEntry;
  /** These creations of spaces end here. Their rows may be cleared away later. */
  readonly ended: readonly EndedSpace[];
  readonly made: readonly { readonly id: number; readonly name: string; readonly creationId: string }[];
  readonly lineage: readonly (LineageRow & { readonly spaceId: number })[];
  readonly log: readonly EncodedLogRow[];
  readonly history: readonly EncodedHistoryRow[];
  readonly answers: readonly StoredAnswer[];
}

/** An ended space is one creation of a space whose rows wait to be cleared away. */
export interface EndedSpace {
  readonly id: number;
  readonly name: string;
  /** The history of this creation goes too, and what is logged of it, and neither is read any more. Null means that they stay. */
  readonly history: HistoryOf | null;
  /** With true the log may hold rows of it, with this number at most. The chain needs its name as long as they are there. */
  readonly hasLog: boolean;
  readonly lastLog: number;
}

/** It names the history of one creation of a space. */
export interface HistoryOf {
  readonly space: string;
  readonly creationId: string;
}

export interface PlannedEntry extends ChainHead {
  readonly at: number;
  readonly ageAt: number;
  /** Null means that each of them is a row of `log`, and that there is nothing else to say of it. */
  readonly spaces: readonly SpaceMove[] | null;
}

/** These numbers run over all spaces. */
export interface Counters {
  readonly nextSpaceId: number;
  /** These three are those of the newest log row. */
  readonly sequence: number;
  readonly total: number;
  readonly logChars: number;
  /** These two are those of the newest history row. */
  readonly position: number;
  readonly historyChars: number;
}

export const NO_COUNTERS: Counters = {
  nextSpaceId: 1,
  sequence: 0,
  total: 0,
  logChars: 0,
  position: 0,
  historyChars: 0,
};

const NO_CHANGES: ChangesText = { text: "" };

export function nextSequence(head: ChainHead | null): number {
  return (head?.sequence ?? 0) + 1;
}

function endOf(name: string, head: number, archived: boolean): SpaceMove {
  return { name, creationId: null, removed: true, archived, lineage: null, firstVersion: head + 1, lastVersion: head };
}

export function bareMove(move: SpaceMove): SpaceMove {
  const { name, creationId, removed, archived, lineage, firstVersion, lastVersion } = move;
  return { name, creationId, removed, archived, lineage, firstVersion, lastVersion };
}
