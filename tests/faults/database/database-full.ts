/** A disk of the database is full, and then has room again: first the one of its tables, then the one of its write-ahead log. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asOwner } from "@neverstale/store-postgres/test-server";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import { fillUp } from "../stage/fill-up.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";
import { inOwnMounts } from "../stage/own-mounts.ts";

export async function databaseFull({ rounds = 3 } = {}): Promise<Found> {
  inOwnMounts(false);
  const tables = await tablesFull(rounds);
  const log = await logFull();
  const did = `a tmpfs of ${TABLES_MB} MB for the tables filled ${rounds} times, then one of ${LOG_MB} MB for the write-ahead log, amid 4 writers at 3 nodes, and given room again`;
  return {
    did,
    acknowledged: tables.acknowledged + log.acknowledged,
    recovered: tables.recovered + log.recovered,
    seen: `tables: ${tables.seen}; write-ahead log: ${log.seen}`,
  };
}

type Part = Omit<Found, "did">;

const TABLES_MB = 32;
const LOG_MB = 96;
const DATABASE = "fleet";

/** The server goes on, and says of each statement that there is no room (53100). */
async function tablesFull(rounds: number): Promise<Part> {
  using disk = new SmallDisk(TABLES_MB);
  await using stage = await NodesStage.start({
    database: DATABASE,
    between: async (server) => {
      await server.sql(`CREATE TABLESPACE small LOCATION '${disk.folder("tables")}'`);
      await server.sql(`CREATE DATABASE ${DATABASE} TABLESPACE small`);
      return server.port;
    },
  });
  const { ledger } = stage;
  ledger.noteChars = 2_000;
  ledger.begin(stage.answering);
  for (let round = 0; round < rounds; round += 1) {
    await ledger.more(50);
    const before = ledger.refusals.get("store_unavailable") ?? 0;
    progress(`round ${round + 1} of ${rounds}: the disk of the tables is full`);
    disk.fillUp();
    await until("changes are refused", () => (ledger.refusals.get("store_unavailable") ?? 0) >= before + 20);
    assert.match(ledger.lastHint, /Free the disk or wait/);
    disk.giveRoom();
    await ledger.more(50);
  }
  const { acknowledged, recovered, seen } = await stage.judge(DATABASE);
  return { acknowledged, recovered, seen: `${refusalsSeen(stage)}; ${seen}` };
}

/** The server ends itself when it can't write its log, and is started again once there is room, as an operator does. */
async function logFull(): Promise<Part> {
  using disk = new SmallDisk(LOG_MB);
  await using stage = await NodesStage.start({
    settings: { min_wal_size: "32MB", max_wal_size: "32MB" },
    between: async (server) => {
      await server.stop();
      const [log, there] = [join(server.data, "pg_wal"), join(disk.folder("log"), "pg_wal")];
      cpSync(log, there, { recursive: true, preserveTimestamps: true });
      rmSync(log, { recursive: true });
      giveToServer(there);
      symlinkSync(there, log);
      await server.start();
      return server.port;
    },
  });
  const { ledger, primary } = stage;
  ledger.noteChars = 20_000;
  ledger.begin(stage.answering);
  await ledger.more(20);
  progress("the disk of the write-ahead log is full");
  disk.fillUp();
  await until("the server breaks connections", async () => {
    const failures = await stage.counted("store_connection_failures_total");
    return failures.some((count) => count > 0);
  });
  disk.giveRoom();
  await primary.stop();
  await primary.start();
  ledger.noteChars = 0;
  await ledger.more(100);
  const { acknowledged, recovered, seen } = await stage.judge();
  return { acknowledged, recovered, seen: `${refusalsSeen(stage)}; ${seen}` };
}

/** The server runs as somebody else than root. */
function giveToServer(path: string): void {
  const { uid, gid } = asOwner();
  if (uid === undefined || gid === undefined) return;
  chownSync(path, uid, gid);
  for (const name of statSync(path).isDirectory() ? readdirSync(path) : []) giveToServer(join(path, name));
}

function refusalsSeen({ ledger }: NodesStage): string {
  return [...ledger.refusals].map(([code, count]) => `${count} times ${code}`).join(", ");
}

/** It is in memory, and gone with its script. */
class SmallDisk implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "neverstale-small-"));

  constructor(megabytes: number) {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "tmpfs", this.path]);
    execFileSync("chmod", ["755", this.path]);
  }

  /** It belongs to the one who runs the server. */
  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path, { mode: 0o700 });
    giveToServer(path);
    return path;
  }

  get #ballast(): string {
    return join(this.path, "ballast");
  }

  fillUp(): void {
    fillUp(this.#ballast);
  }

  giveRoom(): void {
    rmSync(this.#ballast);
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["--lazy", this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

if (import.meta.main) await main(() => databaseFull());
