/** UTF-8 must not be cut within a sequence: this finds where it may be cut. */

/**
 * Returns the largest count up to `limit` that doesn't cut a sequence of `bytes` in two. A tail that can't become a
 * sequence, whatever follows, counts as whole: it is invalid, not cut.
 */
export function wholeUtf8(bytes: Uint8Array, limit: number): number {
  const end = Math.min(limit, bytes.length);
  for (let back = 1; back <= Math.min(3, end); back += 1) {
    const byte = bytes[end - back] ?? 0;
    if (isContinuation(byte)) continue;
    return sequenceLength(byte) > back && mayContinue(bytes, end - back, back) ? end - back : end;
  }
  return end;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 1;
}

/** True when the `length` bytes from `start` begin some valid sequence. After some leads the second byte's range is narrower. */
function mayContinue(bytes: Uint8Array, start: number, length: number): boolean {
  if (length < 2) return true;
  const lead = bytes[start] ?? 0;
  const second = bytes[start + 1] ?? 0;
  if (lead === 0xe0) return second >= 0xa0;
  if (lead === 0xed) return second <= 0x9f;
  if (lead === 0xf0) return second >= 0x90;
  if (lead === 0xf4) return second <= 0x8f;
  return true;
}
