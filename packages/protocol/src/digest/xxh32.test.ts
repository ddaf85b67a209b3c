import fc from "fast-check";
import { expect, test } from "vitest";
import { xxh32 } from "./xxh32.ts";

function hash(bytes: Uint8Array, seed: number): number {
  return xxh32(new DataView(bytes.buffer, bytes.byteOffset), bytes.length, seed);
}

/** The published algorithm written as plainly as it can be, in exact arithmetic: an independent second answer. */
function slowXxh32(bytes: Uint8Array, seed: number): number {
  const [p1, p2, p3, p4, p5] = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn, 0x27d4eb2fn, 0x165667b1n] as const;
  const u32 = (value: bigint) => BigInt.asUintN(32, value);
  const rotate = (value: bigint, bits: bigint) => u32((value << bits) | (value >> (32n - bits)));
  const word = (at: number) => [3, 2, 1, 0].reduce((sum, k) => (sum << 8n) | BigInt(bytes[at + k] as number), 0n);
  const start = BigInt(seed);

  let accumulator = u32(start + p5);
  let at = 0;
  if (bytes.length >= 16) {
    const lanes = [u32(start + p1 + p2), u32(start + p2), start, u32(start - p1)];
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = u32(rotate(u32((lanes[lane] as bigint) + word(at + lane * 4) * p2), 13n) * p1);
      }
    }
    accumulator = u32([1n, 7n, 12n, 18n].reduce((sum, bits, lane) => sum + rotate(lanes[lane] as bigint, bits), 0n));
  }
  accumulator = u32(accumulator + BigInt(bytes.length));
  for (; at + 4 <= bytes.length; at += 4) accumulator = u32(rotate(u32(accumulator + word(at) * p3), 17n) * p4);
  for (; at < bytes.length; at++)
    accumulator = u32(rotate(u32(accumulator + BigInt(bytes[at] as number) * p5), 11n) * p1);
  accumulator = u32((accumulator ^ (accumulator >> 15n)) * p2);
  accumulator = u32((accumulator ^ (accumulator >> 13n)) * p3);
  return Number(accumulator ^ (accumulator >> 16n));
}

test.each([
  ["", 0, 0x02cc5d05],
  ["", 1, 0x0b2cb792],
  ["a", 0, 0x550d7456],
  ["abc", 0, 0x32d153ff],
  ["Nobody inspects the spammish repetition", 0, 0xe2293b2f],
])("[G1] XXH32 of %j with seed %d is the published answer", (text, seed, expected) => {
  const bytes = new TextEncoder().encode(text);

  expect(hash(bytes, seed)).toBe(expected);
  expect(slowXxh32(bytes, seed)).toBe(expected);
});

test("[G1] XXH32 agrees with a second implementation on any bytes and both seeds", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1), (bytes, seed) => {
      expect(hash(bytes, seed)).toBe(slowXxh32(bytes, seed));
    }),
    { numRuns: 500 },
  );
});

test("[G1] bytes behind the given length don't count", () => {
  const bytes = new TextEncoder().encode("abc and more of it");

  expect(xxh32(new DataView(bytes.buffer), 3, 0)).toBe(0x32d153ff);
});
