import { z } from "zod";

/** ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const Timestamp = z.iso.datetime();

/** An opaque id; the engine refuses unsafe ones itself (rule S4). */
export const Id = z.string().min(1).max(200);

/** Of a command: it stands in addresses, and in the name of its output's space. */
export const CommandId = z.string().regex(/^[\w-]{1,200}$/, "letters, digits, - and _; at most 200");

/** The name of an op, an argument, a check or a pipeline. */
export const Name = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "lower-case letters, digits, - and _; at most 64");

/** One line that a person reads. It may come from an agent: screens show it as text only. */
export const Line = z.string().max(500);

/** What turns the text around it, or breaks the line. Joiners of letters and of emoji are none of it. */
const TURNING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** An agent's own words as they can stand beside those of others: what would turn them around is shown as a hole. */
export function asLine(text: string): string {
  return text.replace(/[\t\n\r]+/g, " ").replace(TURNING, "\ufffd");
}
