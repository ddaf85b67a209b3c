/** Somebody who has no business on the wire alters messages here. */

import type { JsonObject, JsonValue } from "@neverstale/protocol";
import type { Random } from "../plan/random.ts";
import { WireMessage } from "./frames.ts";

/**
 * It returns the delta with one value altered, and the record that holds it. It returns null when there is none to
 * alter.
 */
export function altered(message: WireMessage, chance: Random): { message: WireMessage; record: string } | null {
  if (message.type !== "delta") return null;
  const delta = JSON.parse(message.text) as { readonly payload: Record<string, JsonObject> };
  const places = Object.entries(delta.payload).flatMap(([name, moved]) => placesIn(name, moved));
  if (places.length === 0) return null;
  const { record, fields } = chance.pick(places);
  const field = chance.pick(Object.keys(fields).filter((name) => name !== "id"));
  fields[field] = fields[field] === "altered" ? 1 : "altered";
  return { message: new WireMessage(JSON.stringify(delta), message.zipped, message.sizeBytes), record };
}

type Loose = { [key: string]: JsonValue };

function placesIn(name: string, { put = [], set = {} }: JsonObject): { record: string; fields: Loose }[] {
  const puts = (put as unknown as Loose[]).map((fields) => ({ record: `${name}/${fields.id}`, fields }));
  const sets = Object.entries(set as unknown as Record<string, Loose>).map(([id, fields]) => {
    return { record: `${name}/${id}`, fields };
  });
  return [...puts, ...sets].filter(({ fields }) => Object.keys(fields).some((field) => field !== "id"));
}

/**
 * It returns the message with another version, one that a plain client which stands at `shown` can't take for what it
 * expects. That is all that such a client can notice. Without a digest it can't see what is altered in its records.
 */
export function withOtherVersion(message: WireMessage, shown: number, chance: Random): WireMessage {
  const { text, version, zipped, sizeBytes } = message;
  const expected = message.type === "delta" ? shown + 1 : shown;
  const other = chance.pick([version - 1, version + 1, version + 2].filter((one) => one !== expected));
  return new WireMessage(text.replace(`"version":${version}`, `"version":${other}`), zipped, sizeBytes);
}
