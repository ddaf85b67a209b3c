/** The backup record says in the state how the backups are that the server makes by itself. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Line, Timestamp } from "../text.ts";

export const BACKUP_RECORD_ID = "backups";

/** It is the one record of its collection, and is not there where no backups are asked for. */
export const BackupRecord = z.object({
  id: z.literal(BACKUP_RECORD_ID),
  /** One is made as often as this. */
  everyMs: z.int().min(1),
  /** The newest whole one was made then, and has so many bytes. */
  madeAt: Timestamp.optional(),
  bytes: z.int().min(0).optional(),
  /** None could be made since then, for this reason. It is absent where the last attempt succeeded. */
  failingSince: Timestamp.optional(),
  problem: Line.optional(),
});
export type BackupRecord = ReadonlyJson<z.infer<typeof BackupRecord>>;
