import { expect, test } from "vitest";
import { AuthorityProcess, DataDir } from "./authority-process.ts";
import { killAmidWrites } from "./crash-suite.ts";

test("[P3] kill -9 amid 10,000 acknowledged changes and more, twenty times: all of them are there", async () => {
  const dir = new DataDir();
  const authority = new AuthorityProcess(dir.database, 1_000);
  await authority.start();
  try {
    await killAmidWrites(authority, 20);

    expect((await authority.facts()).version).toBeGreaterThanOrEqual(10_000);
  } finally {
    await authority.kill();
    dir.remove();
  }
});
