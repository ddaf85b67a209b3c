/** A message of the plain profile is shown on one line. */

import { decodePlainServerMessage } from "@neverstale/protocol";
import { plainJson } from "../terminal/plain-text.ts";

/** Reads the text of a message as it came. The line begins with `time`. */
export function plainLine(text: string, time: string): string {
  const message = decodePlainServerMessage(text);
  if (message === null) return `${time} a message of a newer kind`;
  if (message.type === "sync") return `${time} v${message.version} sync`;
  if (message.type === "delta") {
    const { type, target, data } = message.payload;
    return `${time} v${message.version} delta ${type} ${target} ${plainJson(JSON.stringify(data))}`;
  }
  const sizes = Object.entries(message.payload).map(([name, records]) => `${records.length} ${name}`);
  return `${time} v${message.version} ${message.type} ${sizes.join(", ")}`;
}
