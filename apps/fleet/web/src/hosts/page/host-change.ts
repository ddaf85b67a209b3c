/** People change what stands beside a host's name. Only what they changed is sent, and what others changed meanwhile is told. */

import type { Host, HostPatch } from "@neverstale/fleet-domain";

/** This is what the form holds: all of it is text. */
export interface HostForm {
  readonly name: string;
  readonly tags: string;
  readonly location: string;
  readonly deviceType: string;
  readonly notes: string;
}

export function formOf(host: Pick<Host, "name" | "tags" | "location" | "deviceType" | "notes">): HostForm {
  const { name = "", tags, location = "", deviceType = "", notes = "" } = host;
  return { name, tags: tags.join(" "), location, deviceType, notes };
}

/** Null means that nothing is to be changed. */
export function patchOf(before: HostForm, after: HostForm): HostPatch | null {
  const changed = FIELDS.filter((field) => tidy(field, before[field]) !== tidy(field, after[field]));
  if (changed.length === 0) return null;
  return Object.fromEntries(changed.map((field) => [field, valueFor(field, after[field])]));
}

/** It names what others have changed since the form was opened. */
export function changedMeanwhile(before: HostForm, now: HostForm): readonly string[] {
  return FIELDS.filter((field) => before[field] !== now[field]).map((field) => FIELD_WORDS[field]);
}

const FIELDS = ["name", "tags", "location", "deviceType", "notes"] as const;

const FIELD_WORDS: Readonly<Record<keyof HostForm, string>> = {
  name: "the name",
  tags: "the tags",
  location: "the location",
  deviceType: "the kind",
  notes: "the notes",
};

function valueFor(field: keyof HostForm, text: string): string | string[] | null {
  const tidied = tidy(field, text);
  if (field === "tags") return tidied === "" ? [] : tidied.split(" ");
  return tidied === "" ? null : tidied;
}

function tidy(field: keyof HostForm, text: string): string {
  if (field === "tags") return [...new Set(text.split(/[\s,]+/).filter((tag) => tag !== ""))].join(" ");
  return text.replaceAll("\r\n", "\n").trim();
}
