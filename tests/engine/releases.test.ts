import { afterEach, beforeEach, expect, test } from "vitest";
import { DataDir } from "./authority-process.ts";
import { killBetweenReleases } from "./release-suite.ts";

let dir: DataDir;

beforeEach(() => {
  dir = new DataDir();
});

afterEach(() => dir.remove());

test("[E6] kill -9 amid writes, then a start with the next release's model: what was acknowledged is there as it was meant", async () => {
  const seen = await killBetweenReleases(dir.database, "short", 3);

  expect(seen.problem).toBeNull();
  expect(seen.acknowledged).toBeGreaterThanOrEqual(60);
  expect(seen.releases).toBeGreaterThan(1);
});
