/** A SQLite file is put into a copy page by page. */

import { SyncError } from "@neverstale/protocol";
import {
  type CopiedExpiry,
  emptySource,
  inPages,
  type PointRow,
  type PutPage,
  putSpaces,
  type StoredAnswer,
  type StoredHistoryRow,
  sizeOfAnswer,
} from "@neverstale/server/store";
import { readChain } from "../../sliced/steps/read-chain.ts";
import { readAnew } from "../../sliced/steps/read-contents.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import { CopyStatements } from "../statements/copy-statements.ts";

/** The database is open under its lock, so nobody writes meanwhile. */
export async function putFile({ full }: SqliteDatabase, name: string, put: PutPage): Promise<void> {
  const { epochs, spaces, counters, head, takeover } = readAnew(full);
  const rows = new CopyStatements(full.db);
  if (head === null || takeover === null) throw emptySource(name);
  if (rows.hasUnfoldedOutsideChain())
    throw new SyncError("store_unavailable", `changes in ${name} are neither folded nor in its chain`, {
      hint: "Start the server on it once with this release, and stop it: then they are folded.",
    });
  const trimmed = full.queries.chainStart();
  const lone = takeover.sequence > trimmed ? null : takeover;
  await put({ kind: "start", epochs, trimmed, takeover: lone, position: counters.position });
  for (let after = trimmed; after < head.sequence; ) {
    const entries = readChain(full.queries, head.sequence, { afterSequence: after, limit: 1_000 });
    if (entries === "trimmed") throw new SyncError("store_damaged", `the chain of ${name} has a hole behind ${after}`);
    await put({ kind: "entries", rows: entries });
    after += entries.length;
  }
  await putSpaces(
    spaces.map(({ contents }) => contents),
    put,
  );
  const answers = inPages<StoredAnswer>(rows.answers(), sizeOfAnswer);
  for (const page of answers) await put({ kind: "answers", rows: page });
  for (const page of inPages<CopiedExpiry>(rows.expired(), () => 0)) await put({ kind: "expired", rows: page });
  const history = inPages<StoredHistoryRow>(rows.history(), ({ text }) => text.length);
  for (const page of history) await put({ kind: "history", rows: page });
  const points = inPages<PointRow>(rows.points(), ({ text }) => text.length);
  for (const page of points) await put({ kind: "points", rows: page });
}
