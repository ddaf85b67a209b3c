/** The stored spaces are brought to memory: first the folded records, then the log after them. */

import { SyncError } from "@neverstale/protocol";
import type { Epochs } from "../../space/lineage.ts";
import { type Space, spaceFromStore } from "../../space/space.ts";
import type { SpaceModels } from "../../space/space-models.ts";
import type { SpaceContents } from "../../store/contract.ts";
import { replayLog } from "./replay.ts";

export function openSpaces(
  stored: readonly SpaceContents[],
  models: SpaceModels,
  epochs: Epochs,
  maxTombstones: number,
): Map<string, Space> {
  const spaces = new Map<string, Space>();
  for (const contents of stored) {
    const model = models.of(contents.name);
    const space = spaceFromStore(contents, model, models.viewsOf(contents.name), epochs, maxTombstones);
    replayLog(space, contents.log, maxTombstones);
    dropUndeclared(space);
    checkDigest(space, contents);
    spaces.set(space.name, space);
  }
  return spaces;
}

/** A collection that the model does not declare must be empty by the end of the log. */
export function dropUndeclared(space: Space): void {
  const collection = space.dropAdopted();
  if (collection === null) return;
  throw new SyncError(
    "store_damaged",
    `the store holds records of "${collection}" in "${space.name}", which the model doesn't declare`,
    { hint: "Keep the collection declared and remove its records by changes in `migrate` (rule E6)." },
  );
}

/** The records that are read must be those that a clean close wrote (rule G2). */
function checkDigest(space: Space, contents: SpaceContents): void {
  const stored = contents.digest;
  if (stored === null || stored.version !== space.head || stored.digest === space.digest()) return;
  throw new SyncError("store_damaged", `the records of "${space.name}" are not those that were stored`, {
    hint: "The data file was altered, the disk is failing, or a program that used an older release edited records in memory: restore the last backup.",
  });
}
