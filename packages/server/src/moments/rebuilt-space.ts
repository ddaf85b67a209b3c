/** A space is made as it was at an older version: of a base, and of the logged changes after it. */

import { type AnyViews, type Model, SyncError } from "@neverstale/protocol";
import { LoggedModels, replayDraft } from "../authority/opening/replay.ts";
import { Epochs, SpaceLineage } from "../space/lineage.ts";
import { restoredDraft, Space } from "../space/space.ts";
import { isKeyRow } from "../space/views/key-rows.ts";
import type { LogQuery, LogRow, StoredRecord } from "../store/contract.ts";
import { type BaseFacts, PieceReader } from "./base-texts.ts";
import { Turn, type TurnParts, tooMuchWork } from "./turn.ts";

export interface RebuildParts extends TurnParts {
  readonly model: Model;
  readonly views: AnyViews | null;
  readonly name: string;
  readonly readLog: (query: LogQuery) => Promise<readonly LogRow[]>;
  readonly replayedChanges: number;
}

/** It stands at the end of a group at any time. Nobody follows it, and what it has forgotten is not missed. */
export class RebuiltSpace {
  readonly space: Space;
  /** The wall clock said this when its newest group was committed, in milliseconds since 1970. */
  at: number;
  readonly #parts: RebuildParts;
  readonly #models: LoggedModels;

  private constructor(space: Space, at: number, parts: RebuildParts) {
    this.space = space;
    this.at = at;
    this.#parts = parts;
    this.#models = new LoggedModels(space);
  }

  /** It throws `store_damaged` where the records are not those that were written. */
  static async fromBase(facts: BaseFacts, pieces: AsyncIterable<string>, parts: RebuildParts): Promise<RebuiltSpace> {
    const { model, views, name } = parts;
    const space = new Space(name, facts.creationId, model, new SpaceLineage(new Epochs([facts.epoch], 1), []), views);
    const turn = new Turn(parts);
    const reader = new PieceReader();
    const keys: StoredRecord[] = [];
    let count = 0;
    for await (const piece of pieces) {
      const rows = reader.take(piece);
      count += 1;
      keys.push(...rows.filter(isKeyRow));
      const records = rows.filter((row) => !isKeyRow(row));
      for (const { collection } of records) space.adopt(collection);
      space.commit(records.map(restoredDraft), facts.version, NO_TOMBSTONES);
      await turn.next();
    }
    space.head = facts.version;
    for (let from = 0; from < keys.length; from += ROWS_A_SLICE) {
      space.restoreKeys(keys.slice(from, from + ROWS_A_SLICE));
      await turn.next();
    }
    while (!space.sumSome(ROWS_A_SLICE)) await turn.next();
    if (count !== facts.pieces || !reader.isWhole || space.digest() !== facts.digest)
      throw new SyncError("store_damaged", `the base of "${name}" at version ${facts.version} is not what was written`);
    return new RebuiltSpace(space, facts.at, parts);
  }

  /**
   * Brings it on to the last group that ends at or before `version` and was committed at or before `time`. It throws
   * `store_unavailable` where that takes more than is allowed.
   */
  async goOn(version: number, time: number): Promise<void> {
    const turn = new Turn(this.#parts);
    const { readLog, name, replayedChanges } = this.#parts;
    const first = this.space.head;
    for (;;) {
      const rows = await readLog({ space: name, afterVersion: this.space.head, limit: GROUPS_A_READ });
      for (const row of rows) {
        if (row.lastVersion <= this.space.head) continue; // It is the group that it stands at.
        if (row.firstVersion !== this.space.head + 1)
          throw new SyncError("store_damaged", `the log of "${name}" lacks version ${this.space.head + 1}`);
        if (row.lastVersion > version || row.at > time) return;
        if (row.lastVersion - first > replayedChanges) throw tooMuchWork(`more than ${replayedChanges} changes`);
        replayDraft(this.space, row, this.#models, false).commitReplayed(NO_TOMBSTONES);
        this.at = row.at;
        await turn.next();
      }
      if (rows.length < GROUPS_A_READ) return;
    }
  }
}

const NO_TOMBSTONES = 0;
const ROWS_A_SLICE = 512;
const GROUPS_A_READ = 64;
