/** The server makes a backup of itself as often as it was asked to, keeps the newest, and says how it went. */

import { mkdir, readdir, rm, stat, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type FileLock, lockFile } from "@neverstale/base/node";
import { SyncError } from "@neverstale/protocol";
import type { Log } from "../../fleet/log.ts";
import type { Clocks } from "../../fleet/moment.ts";
import type { FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import { backupFleet } from "../../process/io/backup.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import { forgetBackups, noteBackup, noteBackupFailure } from "../note-backup.ts";
import {
  type BackupSettings,
  backupName,
  type Failures,
  isBackupDue,
  type KeptBackup,
  keptBackups,
  roomProblem,
  unfinishedBackups,
} from "../schedule.ts";

/** A look finds that somebody has taken the backups away. Nothing waits for the directory, which may be of another machine that is gone. */
const LOOK_MS = 1_000;
/** A backup that is under way when the server ends is not waited for: what it leaves is cleared away by the next. */
const END_MS = 1_000;

export class ScheduledBackups {
  readonly #parts: ScheduledBackupsParts;
  readonly #startedAt: number;
  #lock: FileLock | null = null;
  #failures: Failures = { count: 0, at: 0 };
  #running: Promise<void> | null = null;
  #hasEnded = false;
  #kept: readonly KeptBackup[] = [];
  #madeTotal = 0;
  #failuresTotal = 0;

  constructor(parts: ScheduledBackupsParts) {
    this.#parts = parts;
    this.#startedAt = parts.clocks.now();
  }

  /** Where no backup is there yet, the age is counted from the start. */
  get metrics(): Readonly<Record<string, number>> {
    const { settings, clocks } = this.#parts;
    const since = this.#kept[0]?.at ?? this.#startedAt;
    return {
      backupAgeSeconds: settings === null ? 0 : Math.max(0, clocks.now() - since) / 1_000,
      backupsKept: this.#kept.length,
      limitBackupsKept: settings?.keep ?? 0,
      backupsMadeTotal: this.#madeTotal,
      backupFailuresTotal: this.#failuresTotal,
    };
  }

  /** It returns how to stop. */
  start(): () => Promise<void> {
    const { settings: asked, transactions, log } = this.#parts;
    const settings = asked === null ? null : { ...asked, directory: resolve(asked.directory) };
    if (settings === null) {
      const forgotten = transactions.transact(forgetBackups).catch((err: unknown) => log.warn({ err }, "backups"));
      return async () => void (await forgotten);
    }
    const timer = setInterval(() => this.#look(settings), LOOK_MS);
    return async () => {
      clearInterval(timer);
      this.#hasEnded = true;
      await Promise.race([this.#running, delay(END_MS)]);
      this.#lock?.release();
    };
  }

  #look(settings: BackupSettings): void {
    if (this.#running !== null || this.#hasEnded) return;
    this.#running = this.#round(settings)
      .catch((err: unknown) => this.#parts.log.error({ err }, "how a backup went could not be stored"))
      .finally(() => {
        this.#running = null;
      });
  }

  async #round(settings: BackupSettings): Promise<void> {
    const { clocks, log, transactions } = this.#parts;
    if (!isBackupDue(undefined, this.#failures, settings.everyMs, clocks.now())) return; // It failed, and is tried again later.
    try {
      await this.#open(settings.directory);
      this.#kept = keptBackups(await readdir(settings.directory), clocks.now());
      if (this.#hasEnded) return;
      if (!isBackupDue(this.#kept[0], this.#failures, settings.everyMs, clocks.now())) return;
      await this.#make(settings);
      this.#failures = { count: 0, at: 0 };
    } catch (error) {
      if (this.#hasEnded) return;
      this.#failures = { count: this.#failures.count + 1, at: clocks.now() };
      this.#failuresTotal += 1;
      const problem = problemOf(error);
      log.error({ directory: settings.directory, problem }, "no backup was made; it is tried again");
      await transactions.transact((work) => noteBackupFailure(work, settings.everyMs, problem));
    }
  }

  /** One server at a time keeps its backups there: two would take each other's for their own. */
  async #open(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (this.#lock !== null || this.#hasEnded) return;
    const lock = lockFile(join(directory, "backups.lock"));
    if ("heldBy" in lock) throw new Error(`process ${lock.heldBy} keeps its backups in ${directory}: give another one`);
    this.#lock = lock;
  }

  async #make({ directory, everyMs, keep }: BackupSettings): Promise<void> {
    const { dataDir, clocks, transactions, log } = this.#parts;
    for (const name of unfinishedBackups(await readdir(directory))) await rm(join(directory, name), { force: true });
    const { bavail, bsize } = await statfs(directory);
    const problem = roomProblem(bavail * bsize, (await stat(databaseIn(dataDir))).size);
    if (problem !== null) throw new Error(problem);
    const at = clocks.now();
    const name = backupName(at);
    await backupFleet(dataDir, join(directory, name));
    this.#madeTotal += 1;
    // Older ones go only once a newer one is whole.
    const all = keptBackups(await readdir(directory), at);
    for (const { name } of all.slice(keep)) await rm(join(directory, name), { force: true });
    this.#kept = all.slice(0, keep);
    if (this.#hasEnded) return;
    const { size: bytes } = await stat(join(directory, name));
    log.info({ directory, name, bytes }, "a backup was made");
    const made = { name, madeAt: new Date(at).toISOString(), bytes };
    await transactions.transact((work) => noteBackup(work, everyMs, made, this.#kept.length));
  }
}

export interface ScheduledBackupsParts {
  /** It is null where no backups are asked for. */
  readonly settings: BackupSettings | null;
  readonly dataDir: string;
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly clocks: Clocks;
  readonly log: Log;
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof SyncError && error.hint !== "" ? `${error.message}. ${error.hint}` : error.message;
}
