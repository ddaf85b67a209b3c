/** The process is killed as it enters the n-th write, or the n-th sync, for n over a whole life: open, commits, fold. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Found, main, requireStrace } from "../stage/fault.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

/** node:sqlite writes by these calls. Its SQLite is built to sync with fsync. */
const CALLS = ["pwrite64", "fsync"] as const;
const CHANGES = 20;

export async function crashAtNthCall({ pointsPerCall = 12 } = {}): Promise<Found> {
  requireStrace();
  let acknowledged = 0;
  let recovered = 0;
  let crashes = 0;
  for (const call of CALLS) {
    const total = await countCalls(call);
    const step = Math.max(1, Math.floor(total / pointsPerCall));
    for (let n = 1; n <= total; n += step) {
      const life = await liveUntilCrash(call, n);
      acknowledged += life.acknowledged;
      recovered += life.recovered;
      crashes += life.crashed ? 1 : 0;
    }
  }
  const did = `killed at the n-th ${CALLS.join(" and the n-th ")} of a thread, ${crashes} crashes spread over open and commits`;
  return { did, acknowledged, recovered, seen: "every database opened again, with a head at or above what was told" };
}

/** Counts how often a life without a crash makes the call, on its busiest thread. */
async function countCalls(call: string): Promise<number> {
  await using stage = new Stage();
  const { authority, dir } = stage;
  const report = join(dir.path, "calls");
  authority.wrapper = ["strace", "-D", "-f", "-o", report, "-e", `trace=${call}`];
  await authority.start();
  await new Ledger().writeUntilRefused(authority, { writers: 1, enough: atMost(CHANGES) });
  await authority.kill();
  const byThread = new Map<string, number>();
  for (const line of readFileSync(report, "utf8").split("\n")) {
    const thread = /^(\d+) +\w+\(/.exec(line)?.[1];
    if (thread !== undefined) byThread.set(thread, (byThread.get(thread) ?? 0) + 1);
  }
  return Math.max(...byThread.values());
}

async function liveUntilCrash(call: string, n: number) {
  await using stage = new Stage();
  const { authority } = stage;
  const ledger = new Ledger();
  authority.wrapper = [
    "strace",
    "-D",
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "-e",
    `trace=${call}`,
    "-e",
    `inject=${call}:signal=SIGKILL:when=${n}`,
  ];
  const started = await authority.start().then(
    () => true,
    () => false, // It crashed before it listened.
  );
  if (started) await ledger.writeUntilRefused(authority, { writers: 1, enough: atMost(CHANGES) });
  const crashed = ledger.unknown > 0 || !started;
  await authority.kill();
  authority.wrapper = [];
  await authority.start();
  return { acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), crashed };
}

if (import.meta.main) await main(() => crashAtNthCall());
