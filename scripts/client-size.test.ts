import { expect, test } from "vitest";
import { complaint, measureClient, readKnownSize } from "./client-size.ts";

test("the client is no larger than the number in git says, and holds no server code", async () => {
  const now = await measureClient(process.cwd());

  expect(complaint(now, readKnownSize(process.cwd()))).toBeNull();
});

test("growth of more than two percent is complained of", () => {
  const size = (gzipBytes: number) => ({ minifiedBytes: 0, gzipBytes });

  expect(complaint(size(10_200), size(10_000))).toBeNull();
  expect(complaint(size(8_000), size(10_000))).toBeNull();
  expect(complaint(size(10_250), size(10_000))).toContain("2.5 %");
});
