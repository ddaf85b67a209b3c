/** The schedule of backups goes by the names of those that are there, so that it goes on over restarts, and by the clock. */

export interface BackupSettings {
  readonly directory: string;
  readonly everyMs: number;
  /** So many of the newest are kept (B151). */
  readonly keep: number;
}

export interface KeptBackup {
  readonly name: string;
  /** It was begun then, in ms since 1970. */
  readonly at: number;
}

const NAME = /^fleet-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.db$/;

/** Names sort as times do, and no file system refuses them. */
export function backupName(at: number): string {
  return `fleet-${new Date(at).toISOString().replace(/[:.]/g, "-")}.db`;
}

/**
 * It returns those that have their name, and so are whole, the newest first. What else lies there is nobody's business. One of a time that
 * has not come yet was made before the clock was set back, so it is older than all others: otherwise no new one would ever be the newest.
 */
export function keptBackups(names: readonly string[], now: number): KeptBackup[] {
  const kept = names.flatMap((name) => {
    const [, day, hour, minute, second, ms] = NAME.exec(name) ?? [];
    const at = Date.parse(`${day}T${hour}:${minute}:${second}.${ms}Z`);
    return Number.isNaN(at) ? [] : [{ name, at }];
  });
  return kept.sort((a, b) => Number(a.at > now) - Number(b.at > now) || b.at - a.at);
}

/** A process that was killed leaves these behind. */
export function unfinishedBackups(names: readonly string[]): string[] {
  return names.filter((name) => {
    const at = name.indexOf(".unfinished");
    return at !== -1 && NAME.test(name.slice(0, at));
  });
}

export interface Failures {
  readonly count: number;
  /** The last attempt failed then. */
  readonly at: number;
}

const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** One that was made in a time that has not come yet says nothing: the clock was set back. */
export function isBackupDue(newest: KeptBackup | undefined, failures: Failures, everyMs: number, now: number): boolean {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (failures.count - 1), LONGEST_PAUSE_MS, everyMs);
  if (failures.count > 0 && Math.abs(now - failures.at) < pause) return false;
  return newest === undefined || Math.abs(now - newest.at) >= everyMs;
}

/** A backup is made where it leaves the machine room to work. */
export function roomProblem(freeBytes: number, databaseBytes: number): string | null {
  const needed = databaseBytes + SPARE_BYTES;
  if (freeBytes >= needed) return null;
  return `${mib(freeBytes)} MiB are free there, and ${mib(needed)} are needed`;
}

const SPARE_BYTES = 64 * 1024 ** 2;

export function mib(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}
