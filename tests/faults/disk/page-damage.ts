/** After a clean stop a byte of a stored record changes on disk: SQLite doesn't notice it, but the digest at the next open does. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type Found, main } from "../stage/fault.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const NOTE = "a record to be damaged";
const DAMAGED = "a record to be d4maged";

export async function pageDamage(): Promise<Found> {
  await using stage = new Stage();
  const { authority, dir } = stage;
  const ledger = new Ledger();
  await authority.start();
  await ledger.writeUntilRefused(authority, { writers: 1, note: NOTE, enough: atMost(20) });
  await authority.get("/close");
  assert.equal(await authority.ended(), 0);
  const sound = readFileSync(dir.database);

  damageRecords(dir.database);
  const said = startFailing(dir.database);
  assert.match(said, /store_damaged/, "the damage has its own name");

  writeFileSync(dir.database, sound); // This puts the backup back.
  await authority.start();
  const did = "one letter of a stored record changed in the database file of a stopped server";
  const seen =
    "SQLite's own check said ok; the server refused to start with store_damaged, and started on the sound copy";
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

/** The damage is in the pages of the records, which nothing but the digest guards. */
function damageRecords(path: string): void {
  const bytes = readFileSync(path);
  let found = 0;
  for (let at = bytes.indexOf(NOTE); at >= 0; at = bytes.indexOf(NOTE, at + 1)) {
    bytes.write(DAMAGED, at);
    found += 1;
  }
  assert.ok(found > 0, "the records are found in the file");
  writeFileSync(path, bytes);
  const db = new DatabaseSync(path);
  assert.equal(db.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
  db.close();
}

function startFailing(database: string): string {
  const script = new URL("../../engine/authority.ts", import.meta.url).pathname;
  const args = ["--conditions=source", script, database, "0"];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  assert.notEqual(status, 0, "a damaged database is not served");
  assert.notEqual(status, null, "it ends by itself");
  return stderr;
}

if (import.meta.main) await main(() => pageDamage());
