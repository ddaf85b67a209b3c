import { expect, test } from "vitest";
import { AuthorityProcess, DataDir } from "./authority-process.ts";
import { callAmidKills } from "./linearizable-suite.ts";

test("[A12] thirty kills among some 30,000 calls: an order explains what was answered", async () => {
  const dir = new DataDir();
  const authority = new AuthorityProcess(dir.database, 1_000, new URL("./register-authority.ts", import.meta.url));
  await authority.start();
  try {
    const judgement = await callAmidKills(authority, { kills: 30, callsPerKill: 500 });

    expect(judgement.problem).toBeNull();
    expect(judgement.answered).toBeGreaterThanOrEqual(30_000);
  } finally {
    await authority.kill();
    dir.remove();
  }
});
