/** This file says what a host is called, wherever it is shown or chosen. */

import type { Host } from "./host.ts";

/** It makes an id of a name. Names that differ only in what an id can't hold have the same id. */
export function idOfName(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
    .slice(0, 100);
  return id === "" ? "host" : id;
}

/** This word chooses every host, and so it can't be the name of one. */
export const EVERY_HOST = "all";

/** True means that a person may take the two names for the same. */
export function isSameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/**
 * It returns a text as it is compared with another, or looked for. Case does not matter then, nor which of several ways Unicode has
 * to write a letter (`ï` alone, or `i` and two dots behind it).
 */
export function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** A host is called by the name that an admin gave, or else by its id, and never by what its agent says. */
export function labelOf(host: Pick<Host, "id" | "name">): string {
  return host.name ?? host.id;
}

/** It returns what the agent calls its machine, or null where the host is called the same here. */
export function callsItself(host: Pick<Host, "id" | "name" | "hostname">): string | null {
  return isSameName(host.hostname, labelOf(host)) ? null : host.hostname;
}

/** It returns the label of a host that may be gone: its id then. */
export function labelIn(hosts: ReadonlyMap<string, Pick<Host, "id" | "name">>, id: string): string {
  const host = hosts.get(id);
  return host === undefined ? id : labelOf(host);
}
