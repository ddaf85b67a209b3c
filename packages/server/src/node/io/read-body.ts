/** The body of a request is read whole before it is forwarded: what waits, or is repeated, has to be there. */

import type { IncomingMessage } from "node:http";

/** `grow` returns false where there is no room for so many bytes more. */
export async function readBody(request: IncomingMessage, grow: (bytes: number) => boolean): Promise<WholeBody> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (!grow(chunk.length)) return "too_large";
      chunks.push(chunk);
    }
  } catch {
    return "gone";
  }
  return request.complete ? Buffer.concat(chunks) : "gone";
}

/** With "gone" the client has left before all of it came. */
export type WholeBody = Buffer | "too_large" | "gone";
