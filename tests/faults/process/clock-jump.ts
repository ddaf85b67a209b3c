/** The wall clock of the server jumps by hours, both ways, under load, while the clocks of others stay. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../../engine/authority-process.ts";
import { FakeClock } from "../stage/fake-clock.ts";
import { type Found, main } from "../stage/fault.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const HOUR_MS = 3_600_000;
/** The clock is set to these hours from the true time, one after the other. */
const JUMPS = [1, -1, 24 * 40, -24 * 40, 0];

export async function clockJump(): Promise<Found> {
  await using stage = new Stage(1_000);
  const { authority, dir } = stage;
  const clock = new FakeClock(join(dir.path, "time"));
  authority.env = { ...process.env, ...clock.env };
  const ledger = new Ledger();
  await authority.start();
  const client = stage.follow();
  await until("the client is live", () => client.status.type === "live");
  const { epoch } = await authority.facts();

  for (const hours of JUMPS) {
    clock.set(hours);
    await until("the server's clock has jumped", async () => {
      const { now } = await authority.facts();
      return Math.abs(now - Date.now() - hours * HOUR_MS) < 60_000;
    });
    await ledger.writeUntilRefused(authority, { enough: atMost(50) });
    const confirmed = client.lastConfirmedAt ?? 0;
    await until("a beacon still comes", () => (client.lastConfirmedAt ?? 0) > confirmed, 5_000);
  }
  await stage.level();
  assert.equal(client.counters.reconnects, 0, "no connection was lost for it");
  assert.equal((await authority.facts()).epoch, epoch);
  await authority.kill();
  await authority.start();
  const did = `the server's wall clock set to ${JUMPS.map((hours) => `${hours} h`).join(", ")} from the true time, changes in between, then kill -9`;
  const seen = "order, beacons and connections unmoved; all of the log was there after the crash";
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

if (import.meta.main) await main(() => clockJump());
