/** The words of a form become a silence, or a sentence that says what is wrong with them. */

import type { Host, SilenceRequest } from "@neverstale/fleet-domain";
import { isSameName, labelOf } from "@neverstale/fleet-domain/schema-free";

export interface TypedSilence {
  readonly about: "all" | "tag" | "hosts";
  readonly tag: string;
  /** Names of hosts, or their ids, with spaces or commas between them. */
  readonly hosts: string;
  /** A time of the reader's own zone, as a field for times gives it. Empty means now. */
  readonly from: string;
  readonly until: string;
  readonly reason: string;
}

export function askedSilence(typed: TypedSilence, hosts: Iterable<Host>): SilenceRequest | string {
  const { about, tag, reason } = typed;
  const [from, until] = [isoOf(typed.from), isoOf(typed.until)];
  if (until === null) return "Say until when it is to last.";
  if (from !== null && from >= until) return "A silence ends after it has begun.";
  if (reason.trim() === "") return "Say why, so that others know.";
  const when = { until, reason: reason.trim(), ...(from !== null && { from }) };
  if (about === "all") return when;
  if (about === "tag") return tag.trim() === "" ? "Name the tag." : { ...when, tags: [tag.trim()] };
  const names = typed.hosts.split(/[\s,]+/).filter((name) => name !== "");
  if (names.length === 0) return "Name the hosts.";
  const all = [...hosts];
  const unknown: string[] = [];
  const ids = names.flatMap((name) => {
    const found = all.filter((host) => host.id === name || isSameName(labelOf(host), name));
    if (found.length === 0) unknown.push(name);
    return found.map(({ id }) => id);
  });
  return unknown.length > 0 ? `There is no host ${unknown.join(", ")}.` : { ...when, hosts: [...new Set(ids)] };
}

/** Null means that nothing was typed, or no time. */
function isoOf(local: string): string | null {
  const ms = local === "" ? Number.NaN : new Date(local).getTime();
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** It is how a field for times wants a time, in the reader's own zone, to the minute. */
export function fieldTime(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
