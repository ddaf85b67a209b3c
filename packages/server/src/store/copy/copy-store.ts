/** A store is copied page by page into data that holds nothing yet, and what was written is read back and compared. */

import { SyncError } from "@neverstale/protocol";
import { type CopyCounts, CopySum } from "./copy-sum.ts";
import type { Copyable } from "./copyable.ts";

/**
 * It copies all that makes the store what it is: a client that was connected to the one resumes at the other, a key is not
 * carried out twice, and the history is there. It rejects with a `SyncError`, and `to` holds nothing then.
 */
export async function copyStore(from: Copyable, to: Copyable, tell: TellCopy = () => {}): Promise<CopyCounts> {
  const read = new CopySum();
  const written = new CopySum();
  await to.copyIn(
    (put) =>
      from.copyOut(async (page) => {
        read.add(page);
        await put(page);
        tell("copied", read.counts);
      }),
    async (copyOut) => {
      await copyOut(async (page) => {
        written.add(page);
        tell("checked", written.counts);
      });
      const [difference] = read.differences(written);
      if (difference === undefined) return;
      throw new SyncError("store_damaged", `${to.name} does not hold what ${from.name} does: ${difference}`, {
        hint: "Nothing was copied. Look at the disk and the log of the target, and copy again.",
      });
    },
  );
  return read.counts;
}

/** It is told after each page how much was done so far. */
export type TellCopy = (what: "copied" | "checked", counts: CopyCounts) => void;
