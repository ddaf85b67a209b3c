/** The state says how each backup went, and so do the events, in one transaction. */

import { BACKUP_RECORD_ID } from "@neverstale/fleet-domain";
import { line, note } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { mib } from "./schedule.ts";

export interface MadeBackup {
  readonly name: string;
  readonly madeAt: string;
  readonly bytes: number;
}

/** `kept` of them are there now. */
export function noteBackup(work: Work, everyMs: number, { name, madeAt, bytes }: MadeBackup, kept: number): void {
  work.change("backup_noted", "", { id: BACKUP_RECORD_ID, everyMs, madeAt, bytes });
  const message = line(`a backup was made: ${name}, ${mib(bytes)} MiB; ${kept} are kept`);
  note(work, { category: "system", level: "success", actor: "server", action: "backup_made", message });
}

/** A failure that goes on is an event once: the record says since when. */
export function noteBackupFailure(work: Work, everyMs: number, problem: string): void {
  const before = work.fleet.backups.get(BACKUP_RECORD_ID);
  const failingSince = before?.failingSince ?? work.at.iso;
  const made = before?.madeAt === undefined ? {} : { madeAt: before.madeAt, bytes: before.bytes ?? 0 };
  work.change("backup_noted", "", { id: BACKUP_RECORD_ID, everyMs, ...made, failingSince, problem: line(problem) });
  if (before?.problem === line(problem)) return;
  const message = line(`no backup was made: ${problem}`);
  note(work, { category: "error", level: "error", actor: "server", action: "backup_failed", message });
}

/** Nothing is said of backups that nobody asks for any more. */
export function forgetBackups(work: Work): void {
  if (work.fleet.backups.has(BACKUP_RECORD_ID)) work.change("backup_forgotten", "", { id: BACKUP_RECORD_ID });
}
