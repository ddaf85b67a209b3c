/** A host's name is a text that people can tell from others. */

import { z } from "zod";
import { EVERY_HOST, isSameName } from "./host-label.ts";

/** These characters show nothing, turn the text around them, or are no characters at all. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const LONGEST = 253;

/**
 * It returns why a text can't stand for a host on a screen, as words that follow "its name", or null when it can. Spaces count,
 * because names may look alike by them.
 */
export function nameProblem(name: string): string | null {
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (HIDDEN.test(name)) return "holds characters that can't be seen";
  if (/[^\S ]|^ | $| {2}/u.test(name)) return "holds other spaces than single ones between words";
  if (/^\p{M}/u.test(name)) return "begins with a mark that belongs to another letter";
  return /[\p{L}\p{N}]/u.test(name) ? null : "has neither a letter nor a digit";
}

/** An admin gives such a name to a host. */
export const HostName = z
  .string()
  .min(1)
  .max(100)
  .refine((name) => nameProblem(name) === null, "a name has letters or digits, and nothing that can't be seen")
  .refine((name) => !isSameName(name, EVERY_HOST), `${EVERY_HOST} means every host`);
