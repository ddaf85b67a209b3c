import { MAX_INFLATED_BYTES } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { socketFrames } from "./frames.ts";

test("[A9] a state larger than a replica takes is refused with what to do about it", async () => {
  const piece = "x".repeat(MAX_INFLATED_BYTES / 16);

  const encoding = socketFrames.encodeLarge(new Array<string>(17).fill(piece), false);

  await expect(encoding).rejects.toMatchObject({ code: "snapshot_failed", hint: expect.stringContaining("`keep`") });
});
