import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { MAX_INFLATED_BYTES, PartJoiner } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { bytesOf, chunksOf, socketFrames } from "./socket-frames.ts";

/** What a WebSocket hands on of a frame of less than 64 KiB: what is behind its header. */
function payloadOf(bytes: Buffer): Buffer {
  return bytes.subarray((bytes[1] as number) < 126 ? 2 : 4);
}

test("[A9] a state larger than a replica takes is refused with what to do about it", async () => {
  const piece = "x".repeat(MAX_INFLATED_BYTES / 16);

  const encoding = socketFrames.encodeLarge(new Array<string>(17).fill(piece), false);

  await expect(encoding).rejects.toMatchObject({ code: "snapshot_failed", hint: expect.stringContaining("`keep`") });
});

test("[M9] the parts of a frame, put together, are its gzip, and their bytes are those of the frame itself", async () => {
  const text = JSON.stringify({ type: "init", payload: randomBytes(20_000).toString("hex") });
  const frame = await socketFrames.encodeLarge([text], true);
  const joiner = new PartJoiner();
  let whole: Uint8Array | null = null;

  for (let from = 0; whole === null; ) {
    const part = socketFrames.part(frame, from, 6_000);
    const [head, piece] = chunksOf(part.frame) as [Buffer, Buffer];
    expect(piece.buffer).toBe(bytesOf(frame).buffer);
    expect(piece.length).toBeLessThanOrEqual(6_000);
    whole = joiner.add(payloadOf(Buffer.concat([head, piece]))).whole;
    expect(part.isLast).toBe(whole !== null);
    from = part.end;
  }

  expect(gunzipSync(whole).toString()).toBe(text);
});

test("[M9] what can go in parts is compressed, also where that saves nothing", () => {
  const text = Array.from(randomBytes(8_000), (byte) => String.fromCharCode(0x4e00 + byte * 80)).join("");

  const frame = socketFrames.encode(text, true);

  expect(socketFrames.part(frame, 0, 1_000)).toMatchObject({ end: 1_000, isLast: false });
});
