/** Logged changes are replayed onto records, which brings them up to the head (rules E6 and N1). */

import {
  type ChangeRule,
  collection,
  type Model,
  RECORD_EVICTED,
  SyncError,
  takeChange,
  VIEWS_REBUILT,
} from "@neverstale/protocol";
import type { Space } from "../../space/space.ts";
import { SpaceDraft } from "../../space/space-draft.ts";
import { changesOfText, type LoggedChanges } from "../../store/change-text.ts";
import type { LogRow } from "../../store/contract.ts";

/** The log holds groups of effective changes, which went through the door once. */
export function replayLog(space: Space, log: readonly LogRow[], maxTombstones: number): void {
  const models = new LoggedModels(space);
  for (const row of log) replayDraft(space, row, models, false).commitReplayed(maxTombstones);
}

/** The draft holds what the group did to the space. It alters nothing that is committed. `isNew` says that the group makes it. */
export function replayDraft(space: Space, row: ReplayedRow, models: LoggedModels, isNew: boolean): SpaceDraft {
  let version = row.firstVersion;
  try {
    const logged = changesOfText(row.changes);
    const model = models.of(logged);
    const replayed = new SpaceDraft(space, isNew, row.at, null, [], model);
    for (const change of logged.changes) {
      if (change.type === VIEWS_REBUILT) replayed.rebuildViews(logged.keyMoves);
      else replayed.addOne(takeChange(model, change), null);
      version += 1;
    }
    replayed.replayKeyMoves(logged.keyMoves);
    if (replayed.version === row.lastVersion) return replayed;
  } catch (cause) {
    throw new SyncError("store_damaged", `the log of "${space.name}" can't be read at version ${version}`, {
      hint: "Start the release that wrote it once more and stop it cleanly, or keep its change types declared.",
      cause,
    });
  }
  throw new SyncError("store_damaged", `the log of "${space.name}" breaks off before version ${row.lastVersion}`, {
    hint: "Restore the last backup.",
  });
}

export type ReplayedRow = Omit<LogRow, "space">;

/**
 * By these models logged changes are taken once more, as they were meant when they were stored. They have been through a
 * validator, and the records that they spoke of were there. Today's model counts only where the log doesn't say what they were.
 */
export class LoggedModels {
  readonly #space: Space;
  readonly #made = new Map<string, Model>();

  constructor(space: Space) {
    this.#space = space;
  }

  of({ changes, rules }: LoggedChanges): Model {
    for (const type in rules) this.#adopt((rules[type] as ChangeRule).collection);
    for (const { type, data } of changes) {
      if (type === RECORD_EVICTED && typeof data.collection === "string") this.#adopt(data.collection);
    }
    const key = JSON.stringify(rules);
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    if (this.#made.size >= MODELS_KEPT) this.#made.clear();
    const model = this.#make(Object.entries(rules ?? this.#space.model.changes));
    this.#made.set(key, model);
    return model;
  }

  #adopt(name: string): void {
    if (Object.hasOwn(this.#space.state, name)) return;
    this.#space.adopt(name);
    this.#made.clear();
  }

  #make(rules: readonly (readonly [string, ChangeRule])[]): Model {
    return {
      model: this.#space.model.model,
      collections: Object.fromEntries(Object.keys(this.#space.state).map((name) => [name, collection()])),
      changes: Object.fromEntries(rules.map(([type, rule]) => [type, { ...rule, missing: "pass" as const }])),
    };
  }
}

/** Groups name the types of their changes only, so a space that is followed for long meets many sets of them. */
const MODELS_KEPT = 256;
