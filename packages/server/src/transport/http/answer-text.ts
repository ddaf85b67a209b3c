/** The text of an answer of the HTTP profile, and the headers that say what it is, whatever puts it on the wire. */

import type { Millis } from "@neverstale/base";
import { PROTOCOL_HEADER } from "@neverstale/protocol";
import type { Reply } from "./reply.ts";

/** It returns all headers of a reply but those of its size and compression. */
export function headersOf({ headers, body }: Reply): Readonly<Record<string, string>> {
  const own = { ...headers, [PROTOCOL_HEADER]: "v1" };
  if (body.type === "problem") return { ...own, "Content-Type": "application/problem+json" };
  return body.type === "none" ? own : { ...own, Vary: "Accept-Encoding" };
}

/** An event is a line of data, and an empty line. The lines are messages, one a line. */
export function eventsOf(lines: string): string {
  return lines
    .split("\n")
    .flatMap((text) => (text === "" ? [] : [`data: ${text}\n\n`]))
    .join("");
}

/** The id of an event says when it was written, which holds for those behind it, too (rule H4). */
export function idLine(offsetMs: Millis): string {
  return `id: ${offsetMs}\n`;
}
