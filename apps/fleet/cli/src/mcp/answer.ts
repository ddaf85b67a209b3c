/** The answer of a tool is read by a model, so it is bounded, and what hosts wrote stands apart in it as data. */

import type { JsonObject, JsonValue } from "@neverstale/protocol";
import { withoutControls } from "../terminal/plain-text.ts";

/** An answer has at most so many bytes of JSON (B148). */
export const ANSWER_BYTES = 64 * 1024;
/** A text in an answer has at most so many characters, but for the output of a command. */
const TEXT_LENGTH = 1_000;
const ROOM_FOR_THE_REST = 1_000;

/** Returns as many of the items, from the first one on, as have room. Each is cleaned. */
export function fitting(items: readonly JsonObject[], room: number = ANSWER_BYTES - ROOM_FOR_THE_REST): JsonObject[] {
  let bytes = 0;
  return items.map(cleaned).filter((item) => {
    bytes += bytesOf(item) + 1;
    return bytes <= room;
  });
}

/** Asks for a page of the past, and for a shorter one where the answer has no room for it. `next` goes on behind the last item. */
export async function fittingPage(
  limit: number,
  ask: (limit: number) => Promise<{ readonly items: readonly JsonObject[]; readonly next: string | null }>,
): Promise<{ items: JsonObject[]; next: string | null }> {
  const { items, next } = await ask(limit);
  const kept = fitting(items);
  if (kept.length === items.length || limit === 1) return { items: kept, next };
  return await fittingPage(Math.floor(limit / 2), ask);
}

/** Returns the object with texts that command no terminal and turn no line around, none of them long. */
export function cleaned(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [plain(name), cleanedValue(value)]));
}

function cleanedValue(value: JsonValue): JsonValue {
  if (typeof value === "string") return shortened(plain(value));
  if (Array.isArray(value)) return value.map(cleanedValue);
  return typeof value === "object" && value !== null ? cleaned(value as JsonObject) : value;
}

/** Returns the end of an output as text: so many lines, and so many bytes at most. */
export function outputEnd(output: string, lines: number, bytes: number): { text: string; isWhole: boolean } {
  const whole = plain(output);
  const end = whole
    .split("\n")
    .slice(-lines - (whole.endsWith("\n") ? 1 : 0))
    .join("\n");
  const text = endWithin(end, bytes);
  return { text, isWhole: text.length === whole.length };
}

/** In JSON a character may take more bytes than in the text. */
function endWithin(text: string, bytes: number): string {
  let end = text.slice(-bytes);
  while (bytesOf(end) > bytes) end = end.slice(Math.ceil((bytesOf(end) - bytes) / 6));
  return end.toWellFormed();
}

function plain(text: string): string {
  return withoutControls(text).replace(/\p{Bidi_Control}/gu, "");
}

function shortened(text: string): string {
  return text.length <= TEXT_LENGTH ? text : `${text.slice(0, TEXT_LENGTH).toWellFormed()}…`;
}

function bytesOf(value: JsonValue): number {
  return encoder.encode(JSON.stringify(value)).length;
}

const encoder = new TextEncoder();
