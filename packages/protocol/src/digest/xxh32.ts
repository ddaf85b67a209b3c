/** XXH32 is a fast hash of 32 bits. */

const P1 = 0x9e3779b1 | 0;
const P2 = 0x85ebca77 | 0;
const P3 = 0xc2b2ae3d | 0;
const P4 = 0x27d4eb2f | 0;
const P5 = 0x165667b1 | 0;

/** It hashes the first `length` bytes and returns a uint32. */
export function xxh32(bytes: DataView, length: number, seed: number): number {
  let hash = length < 16 ? (seed + P5) | 0 : stripes(bytes, length, seed);
  hash = (hash + length) | 0;
  let at = length & ~15;
  for (; at + 4 <= length; at += 4) {
    hash = (hash + Math.imul(bytes.getInt32(at, true), P3)) | 0;
    hash = Math.imul((hash << 17) | (hash >>> 15), P4);
  }
  for (; at < length; at++) {
    hash = (hash + Math.imul(bytes.getUint8(at), P5)) | 0;
    hash = Math.imul((hash << 11) | (hash >>> 21), P1);
  }
  return avalanche(hash);
}

/** It runs four accumulators over all whole stripes of 16 bytes, and joins them. */
function stripes(bytes: DataView, length: number, seed: number): number {
  let v1 = (seed + P1 + P2) | 0;
  let v2 = (seed + P2) | 0;
  let v3 = seed | 0;
  let v4 = (seed - P1) | 0;
  for (let at = 0; at + 16 <= length; at += 16) {
    v1 = round(v1, bytes.getInt32(at, true));
    v2 = round(v2, bytes.getInt32(at + 4, true));
    v3 = round(v3, bytes.getInt32(at + 8, true));
    v4 = round(v4, bytes.getInt32(at + 12, true));
  }
  return (
    (((v1 << 1) | (v1 >>> 31)) + ((v2 << 7) | (v2 >>> 25)) + ((v3 << 12) | (v3 >>> 20)) + ((v4 << 18) | (v4 >>> 14))) |
    0
  );
}

function round(lane: number, input: number): number {
  const sum = (lane + Math.imul(input, P2)) | 0;
  return Math.imul((sum << 13) | (sum >>> 19), P1);
}

function avalanche(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 15), P2);
  mixed = Math.imul(mixed ^ (mixed >>> 13), P3);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
