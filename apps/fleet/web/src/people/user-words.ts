/** Roles, and whether somebody can come in, have these words. */

import type { Role, ShownUser } from "@neverstale/fleet-domain";
import type { OptionGroup } from "../components/choice.tsx";

const ROLE_NOTES: Readonly<Record<Role, string>> = {
  viewer: "looks",
  operator: "also runs ops and answers alerts",
  admin: "also adds hosts and people",
};

export const ROLE_OPTIONS: readonly OptionGroup[] = [
  { title: "", options: Object.entries(ROLE_NOTES).map(([id, note]) => ({ id, word: id, note })) },
];

/** Whatever is no role counts as the least of them. */
export function asRole(word: string): Role {
  return word === "admin" || word === "operator" ? word : "viewer";
}

export const STATUS_WORDS: Readonly<Record<ShownUser["status"], string>> = {
  active: "can sign in",
  invited: "invited",
  locked_out: "can't sign in: the link has expired",
  disabled: "disabled",
};
