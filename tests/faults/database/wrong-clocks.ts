/** The wall clocks of the nodes are weeks apart, and one of them jumps: nothing but the times that are shown is wrong. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../engine/authority-process.ts";
import { FakeClock } from "../stage/fake-clock.ts";
import { type Found, main, progress } from "../stage/fault.ts";
import { NodesStage } from "../stage/nodes/nodes-stage.ts";

const HOUR_MS = 3_600_000;
/** The nodes begin so many hours from the true time. The first one is the writer then. */
const BEGIN = [24 * 40, -24 * 40, 0];
/** The clock of each writer is set to these, one after the other. */
const JUMPS = [1, -1, -24 * 400, 24 * 400];

export async function wrongClocks(): Promise<Found> {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-clocks-"));
  try {
    const clocks = BEGIN.map((hours, index) => new FakeClock(join(folder, `clock-${index}`), hours));
    await using stage = await NodesStage.start({ envOf: (index) => clocks[index]?.env ?? {} });
    const { ledger, nodes } = stage;
    const reconnects = () => stage.clients.map(({ sync }) => sync.counters.reconnects);
    ledger.begin(stage.answering);
    for (let count = 0; count < BEGIN.length; count += 1) {
      const writer = await stage.writer();
      const before = reconnects();
      progress(`writer ${count + 1} of ${BEGIN.length}: its clock jumps`);
      for (const hours of JUMPS) {
        clocks[nodes.indexOf(writer)]?.set(hours);
        await until("the writer's clock has jumped", async () => {
          const { now } = await writer.facts();
          return Math.abs(now - Date.now() - hours * HOUR_MS) < 120_000;
        });
        await ledger.more(50);
      }
      assert.equal(await stage.writer(), writer, "nobody takes over for it");
      assert.deepEqual(reconnects(), before, "no connection is lost for it");
      await writer.kill();
      await ledger.more(20);
      await writer.start();
      await stage.untilLinked();
    }
    const { acknowledged, recovered, seen } = await stage.judge();
    const refused = [...ledger.refusals.keys()].filter((code) => code === "key_expired" || code === "key_reused");
    assert.deepEqual(refused, [], "keys are known by what they are");
    const did = `three nodes whose wall clocks are ${BEGIN.join(" h, ")} h from the true time; the one of each writer set to ${JUMPS.join(" h, ")} h amid 4 writers, then the writer killed, three times`;
    return {
      did,
      acknowledged,
      recovered,
      seen: `no takeover and no lost connection by a clock, and no key was expired; ${seen}`,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) await main(() => wrongClocks());
