/** The disk is full, and then has room again: nothing is half done or lost, and meanwhile everyone is served. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthorityProcess, until } from "../../engine/authority-process.ts";
import { type Found, main } from "../stage/fault.ts";
import { fillUp } from "../stage/fill-up.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { inOwnMounts } from "../stage/own-mounts.ts";

export async function diskFull({ rounds = 5 } = {}): Promise<Found> {
  inOwnMounts(false);
  const disk = mkdtempSync(join(tmpdir(), "neverstale-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]);
  mkdirSync(join(disk, "data"));
  const ballast = join(disk, "ballast");
  const authority = new AuthorityProcess(join(disk, "data", "test.db"), 1_000);
  const ledger = new Ledger();
  let refused = 0;
  await authority.start();
  const client = authority.follow();
  try {
    await until("the client is live", () => client.status.type === "live");
    for (let round = 0; round < rounds; round += 1) {
      await ledger.writeUntilRefused(authority, { writers: 1, enough: atMost(10) });
      fillUp(ballast);
      await ledger.writeUntilRefused(authority, { writers: 1, note: "x".repeat(20_000) });
      refused += await meetRefusals(authority);
      const served = client.lastConfirmedAt ?? 0;
      await until("a beacon comes while the disk is full", () => (client.lastConfirmedAt ?? 0) > served, 10_000);
      rmSync(ballast);
      assert.ok(await ledger.write(authority), "with room changes are taken again");
    }
    const { digest, version } = await authority.facts();
    await until("the client is level", () => client.version === version && client.digest() === digest);
    await authority.kill();
    await authority.start();
    assert.equal((await authority.facts()).version, version, "nothing that was refused came back after a crash");
    const did = `filled a tmpfs of 4 MB ${rounds} times, gave the room back, then kill -9`;
    const seen = `${refused} refusals as store_unavailable, beacons went on, the head after the crash is the one before`;
    return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
  } finally {
    client.stop();
    await authority.kill();
    execFileSync("umount", ["--lazy", disk]);
    rmSync(disk, { recursive: true });
  }
}

/**
 * Goes on until the authority has refused some changes, and looks at how. In between some may be stored: the write-ahead
 * log has blocks of its own that it uses again.
 */
async function meetRefusals(authority: AuthorityProcess): Promise<number> {
  let refused = 0;
  for (let n = 0; refused < 5; n += 1) {
    assert.ok(n < 2_000, "a full disk is noticed");
    const body = JSON.stringify({ type: "host_added", target: `full-${n}`, data: { note: "x".repeat(100_000) } });
    const response = await fetch(authority.url("/apply"), { method: "POST", body });
    const text = await response.text();
    if (response.ok) continue;
    assert.match(text, /^store_unavailable: /);
    refused += 1;
  }
  return refused;
}

if (import.meta.main) await main(() => diskFull());
