import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { inflateStream } from "./inflate.ts";

const gzip = (text: string) => new Uint8Array(gzipSync(text));

test("[R10] gives the text, also where a character lies across two chunks", async () => {
  const text = "ä€😀".repeat(50_000);

  expect(await inflateStream(gzip(text), 10_000_000)).toBe(text);
});

test("[R10] stops at the cap, however small the frame was", async () => {
  const bomb = gzip("0".repeat(5_000_000));

  expect(bomb.length).toBeLessThan(10_000);
  await expect(inflateStream(bomb, 1_000_000)).rejects.toMatchObject({ code: "bad_message" });
});

test.each([
  ["no gzip", Uint8Array.of(1, 2, 3)],
  ["cut off", gzip("hello".repeat(100)).slice(0, 20)],
  ["no UTF-8", new Uint8Array(gzipSync(Uint8Array.of(0xff, 0xfe)))],
])("what is %s fails", async (_what, bytes) => {
  await expect(inflateStream(bytes, 1_000)).rejects.toThrow();
});
