/** A sync fails, and nobody knows what is on disk: the process tells nobody and ends, and the restart finds the truth. */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main, requireStrace } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

export async function fsyncError({ rounds = 5 } = {}): Promise<Found> {
  requireStrace();
  let acknowledged = 0;
  let recovered = 0;
  let kept = 0;
  for (let round = 0; round < rounds; round += 1) {
    await using stage = new Stage();
    const { authority } = stage;
    const ledger = new Ledger();
    const fault = `inject=fsync:error=EIO:when=${40 + 7 * round}+`;
    authority.wrapper = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", fault];
    await authority.start();
    const client = stage.follow();
    await until("the client is live", () => client.status.type === "live");
    await ledger.writeUntilRefused(authority);
    const code = await authority.ended();
    const shown = client.version;
    assert.equal(code, 70, "the process ends by itself, and not with 0");
    assert.ok(ledger.acknowledged > 0, "there were changes before the disk failed");
    assert.ok(shown <= ledger.newestVersion, "no client was told of a change whose outcome is unknown");

    authority.wrapper = [];
    await authority.start();
    await stage.level();
    acknowledged += ledger.acknowledged;
    recovered += await ledger.recovered(authority);
    kept += (await authority.facts()).version - ledger.newestVersion;
  }
  const did = `every fsync failed with EIO from the n-th on, ${rounds} times`;
  const seen = `exit code 70 each time, clients had seen acknowledged changes only, ${kept} unanswered changes were on disk after all`;
  return { did, acknowledged, recovered, seen };
}

if (import.meta.main) await main(() => fsyncError());
