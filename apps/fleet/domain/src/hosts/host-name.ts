import { z } from "zod";
import { EVERY_HOST, isSameName } from "./host-label.ts";

/** What shows nothing, turns the text around it, or is no character at all. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const LONGEST = 253;

/** Why a text can't stand for a host on a screen, to follow "its name"; null: it can. Names that look alike for their spaces count. */
export function nameProblem(name: string): string | null {
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (HIDDEN.test(name)) return "holds characters that can't be seen";
  if (/[^\S ]|^ | $| {2}/u.test(name)) return "holds other spaces than single ones between words";
  if (/^\p{M}/u.test(name)) return "begins with a mark that belongs to another letter";
  return /[\p{L}\p{N}]/u.test(name) ? null : "has neither a letter nor a digit";
}

/** A name that an admin gives to a host. */
export const HostName = z
  .string()
  .min(1)
  .max(100)
  .refine((name) => nameProblem(name) === null, "a name has letters or digits, and nothing that can't be seen")
  .refine((name) => !isSameName(name, EVERY_HOST), `${EVERY_HOST} means every host`);
