/** Texts, ids and times have these forms wherever they stand in a record. */

import { z } from "zod";

/** A time is ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. */
export const Timestamp = z.iso.datetime();

/** An id is opaque. The engine refuses unsafe ones itself (rule S4). */
export const Id = z.string().min(1).max(200);

/** The id of a command stands in addresses, and in the name of its output's space. */
export const CommandId = z.string().regex(/^[\w-]{1,200}$/, "letters, digits, - and _; at most 200");

/** An op, an argument, a check or a pipeline has such a name. */
export const Name = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "lower-case letters, digits, - and _; at most 64");

/** A person reads this line. It may come from an agent, so screens show it as text only. */
export const Line = z.string().max(500);

/** People keep such a text beside a record: several lines, without characters that nobody sees (B173). */
export const Notes = z
  .string()
  .max(2_000)
  .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text.replaceAll(/[\t\n]/g, "")), "only letters, tabs and new lines");

/** These characters turn the text around them, or break the line. Joiners of letters and of emoji are not among them. */
const TURNING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** It makes an agent's words fit to stand beside those of others. What would turn them around is shown as a hole. */
export function asLine(text: string): string {
  return text.replace(/[\t\n\r]+/g, " ").replace(TURNING, "\ufffd");
}
