/** This file says what a host is called, wherever it is shown or chosen. */

import type { Host } from "./host.ts";

/** An id as it is made of a name: the same for names that differ only in what an id can't hold. */
export function idOfName(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/^[.-]+|[.-]+$/g, "")
    .slice(0, 100);
  return id === "" ? "host" : id;
}

/** What chooses every host, and so can't be the name of one. */
export const EVERY_HOST = "all";

/** Two names that a person may take for the same. */
export function isSameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/**
 * A text as it is compared with another, or looked for: without regard to case, and to the several ways in which Unicode writes
 * one letter (`ï` alone, or `i` and two dots behind it).
 */
export function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** What a host is called wherever it is shown or chosen: the name an admin gave, else its id. Never what its agent says. */
export function labelOf(host: Pick<Host, "id" | "name">): string {
  return host.name ?? host.id;
}

/** What its agent calls the machine, where that isn't what the host is called here. */
export function callsItself(host: Pick<Host, "id" | "name" | "hostname">): string | null {
  return isSameName(host.hostname, labelOf(host)) ? null : host.hostname;
}

/** The same for an id whose host may be gone. */
export function labelIn(hosts: ReadonlyMap<string, Pick<Host, "id" | "name">>, id: string): string {
  const host = hosts.get(id);
  return host === undefined ? id : labelOf(host);
}
