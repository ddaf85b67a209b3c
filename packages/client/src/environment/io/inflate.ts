/** A frame in gzip is inflated by the platform's own stream. */

import { SyncError } from "@neverstale/protocol";

/** Resolves with the text in a gzip. It is given up as soon as it is longer than `maxBytes` (rule R10). */
export async function inflateStream(bytes: Uint8Array<ArrayBuffer>, maxBytes: number): Promise<string> {
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let size = 0;
  let text = "";
  for (const reader = inflated.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw new SyncError("bad_message", `a frame has more than ${maxBytes} bytes`);
    }
    text += decoder.decode(value, { stream: true });
  }
}
