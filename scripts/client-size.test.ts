import { expect, test } from "vitest";
import { type ClientSizes, complaint, measureClient, readKnownSize } from "./client-size.ts";

test("the client is no larger than the numbers in git say, and holds no server code and nothing that was not asked for", async () => {
  const now = await measureClient(process.cwd());

  expect(complaint(now, readKnownSize(process.cwd()))).toBeNull();
});

test("growth of more than two percent is complained of, whatever has grown", () => {
  const sizes = (sync: number, tabs = 2_000): ClientSizes => ({
    sync: { minifiedBytes: 0, gzipBytes: sync },
    loadedLater: { minifiedBytes: 0, gzipBytes: 4_000 },
    more: { tabs },
  });

  expect(complaint(sizes(10_200), sizes(10_000))).toBeNull();
  expect(complaint(sizes(8_000), sizes(10_000))).toBeNull();
  expect(complaint(sizes(10_250), sizes(10_000))).toContain("sync has grown from 10000 to 10250");
  expect(complaint(sizes(10_000, 2_100), sizes(10_000))).toContain("tabs has grown from 2000 to 2100");
});

test("more than 16,000 bytes are never allowed", () => {
  const sizes: ClientSizes = {
    sync: { minifiedBytes: 0, gzipBytes: 16_001 },
    loadedLater: { minifiedBytes: 0, gzipBytes: 0 },
    more: {},
  };

  expect(complaint(sizes, sizes)).toContain("at most 16000");
});
