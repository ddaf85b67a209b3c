import { expect, test } from "vitest";
import { DataDir } from "./authority-process.ts";
import { killBetweenReleases } from "./release-suite.ts";

test("[E6] fifty kills amid writes, each followed by a start with another release's model: all that was acknowledged is as it was meant", async () => {
  const dir = new DataDir();
  try {
    const seen = await killBetweenReleases(dir.database, process.env.NEVERSTALE_SEED ?? "fifty", 50);

    expect(seen.problem).toBeNull();
    expect(seen.killedAmid).toBeGreaterThanOrEqual(50);
    expect(seen.releases).toBeGreaterThanOrEqual(20);
  } finally {
    dir.remove();
  }
});
