/**
 * The write-ahead log of a killed server is cut short, or a bit of it flips. SQLite then treats all of it from there on as never
 * written, and says nothing: acknowledged changes are gone. Nobody may be resumed into that other history (E3).
 */

import assert from "node:assert/strict";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { until } from "../../engine/authority-process.ts";
import { type Found, main } from "../stage/fault.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const DAMAGES: Readonly<Record<string, (wal: string) => void>> = {
  "cut in half": (wal) => truncateSync(wal, Math.floor(statSync(wal).size / 2)),
  "one bit flipped in the middle": (wal) => {
    const bytes = readFileSync(wal);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] as number) ^ 1;
    writeFileSync(wal, bytes);
  },
};

export async function walDamage(): Promise<Found> {
  let acknowledged = 0;
  let recovered = 0;
  for (const damage of Object.values(DAMAGES)) {
    const life = await liveThrough(damage);
    acknowledged += life.acknowledged;
    recovered += life.recovered;
  }
  const did = `the write-ahead log of a killed server ${Object.keys(DAMAGES).join("; then ")}`;
  const seen = `the disk lost ${acknowledged - recovered} changes that it had confirmed; each client that had seen them got the whole state under a new epoch, none a mixture`;
  return { did, acknowledged, recovered, seen };
}

async function liveThrough(damage: (wal: string) => void): Promise<{ acknowledged: number; recovered: number }> {
  await using stage = new Stage();
  const { authority, dir } = stage;
  const ledger = new Ledger();
  await authority.start();
  const client = stage.follow();
  await ledger.writeUntilRefused(authority, { writers: 1, enough: atMost(60) });
  await until("the client has seen all", () => client.version === 60 && client.status.type === "live");
  const before = client.epoch;

  await authority.kill();
  damage(`${dir.database}-wal`);
  await authority.start();
  const { version } = await authority.facts();
  assert.ok(version < 60, "the damage took something away");
  // The lost versions are given again, to other changes: a client resumed at 60 would never notice.
  for (let n = version; n < 80; n += 1) await authority.apply("host_added", `other-${n}`, { n });
  await stage.level();

  const { epoch, sync } = await authority.facts();
  assert.notEqual(before, epoch, "a new run has a new epoch");
  assert.equal(client.epoch, epoch);
  assert.equal(sync.resumed, 0, "nobody was resumed into another history");
  assert.ok(client.state.hosts.has("other-79"));
  assert.ok(!client.state.hosts.has(`h${version + 1}`), "what is lost is not shown");
  return { acknowledged: 60, recovered: version };
}

if (import.meta.main) await main(() => walDamage());
