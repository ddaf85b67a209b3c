/** Roles, and whether somebody can come in, have these words. */

import type { Role, ShownUser } from "@neverstale/fleet-domain";
import type { OptionGroup } from "../components/choice.tsx";

const ROLE_NOTES: Readonly<Record<Role, string>> = {
  viewer: "looks",
  operator: "also runs ops and answers alerts",
  admin: "also adds hosts and people",
};

const ROLES: readonly Role[] = ["viewer", "operator", "admin"];

/** It offers the roles up to this one. */
export function roleOptions(highest: Role): readonly OptionGroup[] {
  const roles = ROLES.slice(0, ROLES.indexOf(highest) + 1);
  return [{ title: "", options: roles.map((id) => ({ id, word: id, note: ROLE_NOTES[id] })) }];
}

export const ROLE_OPTIONS = roleOptions("admin");

/** Whatever is no role counts as the least of them. */
export function asRole(word: string): Role {
  return word === "admin" || word === "operator" ? word : "viewer";
}

/** It says which hosts somebody sees. */
export function hostsWords(tags: readonly string[] | null | undefined): string {
  return tags == null ? "all hosts" : `hosts with ${tags.join(" or ")}`;
}

/** Tags are typed with blanks or commas between them. None stand for the whole fleet. */
export function typedTags(text: string): readonly string[] | null {
  const tags = [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ""))];
  return tags.length === 0 ? null : tags;
}

export const STATUS_WORDS: Readonly<Record<ShownUser["status"], string>> = {
  active: "can sign in",
  invited: "invited",
  locked_out: "can't sign in: the link has expired",
  disabled: "disabled",
};
