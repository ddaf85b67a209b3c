import { MAX_CHUNK_BYTES } from "@neverstale/fleet-domain";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cutChunks } from "./chunks.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("a sequence that may go on is left for later, unless nothing comes any more", () => {
  const half = bytesOf("a€").subarray(0, 3);

  expect(cutChunks(half, 0, false)).toEqual([{ offset: 0, bytes: 1, text: "a" }]);
  expect(cutChunks(half, 0, true)).toEqual([
    { offset: 0, bytes: 1, text: "a" },
    { offset: 1, bytes: 2, text: "�" },
  ]);
});

test("bytes that are no UTF-8 become U+FFFD and keep their place", () => {
  const chunks = cutChunks(Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0x62), 100, false);

  expect(chunks).toEqual([{ offset: 100, bytes: 5, text: "a�\u{fffd}(b" }]);
});

test("chunks of anything follow each other without a hole, are small enough, and read as the whole would", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 5_000 }),
    fc.string({ unit: "grapheme", maxLength: 5_000 }).map(bytesOf),
    fc.constant(bytesOf("𝄞".repeat(3_000))),
    fc.uint8Array({ min: 0x80, maxLength: 9_000 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), fc.nat(9_999), (pieces, offset) => {
      const all = Buffer.concat(pieces);

      const chunks = cutChunks(all, offset, true);

      let next = offset;
      for (const chunk of chunks) {
        expect(chunk.offset).toBe(next);
        expect(Buffer.byteLength(chunk.text)).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
        expect(chunk.bytes).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
        next += chunk.bytes;
      }
      expect(next).toBe(offset + all.length);
      expect(chunks.map((chunk) => chunk.text).join("")).toBe(
        new TextDecoder("utf-8", { ignoreBOM: true }).decode(all),
      );
    }),
    { numRuns: 200 },
  );
});

test("output that arrives in pieces reads as the whole would, whatever was held back in between", () => {
  const input = fc.tuple(
    fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: "grapheme", maxLength: 300 }).map(bytesOf)),
    fc.array(fc.nat(300)),
  );
  fc.assert(
    fc.property(input, ([all, cuts]) => {
      let received = 0;
      let text = "";
      for (const readable of [...cuts.sort((a, b) => a - b).filter((cut) => cut < all.length), all.length]) {
        const isLast = readable === all.length;
        for (const chunk of cutChunks(all.subarray(received, Math.max(received, readable)), received, isLast)) {
          received += chunk.bytes;
          text += chunk.text;
        }
      }

      expect(received).toBe(all.length);
      expect(text).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(all));
    }),
    { numRuns: 500 },
  );
});
