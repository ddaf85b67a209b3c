/** Events are filtered by words that must all match, in any order: on the page, and in the log of the server. */

import type { Host } from "../hosts/host.ts";
import { folded, labelIn } from "../hosts/host-label.ts";
import type { Event } from "./event.ts";

/** A member that is absent leaves everything. */
export interface EventWish {
  readonly category?: Event["category"] | undefined;
  readonly level?: Event["level"] | undefined;
  /** The id or the name of a host. */
  readonly host?: string | undefined;
  /** A host of the event has this tag now. */
  readonly tag?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** It is ISO 8601, and so is `to`, which is not meant itself. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Each of these words stands somewhere in what is shown of the event. */
  readonly words?: string | undefined;
}

/** Hosts that an event is about are called by their names here. */
type KnownHosts = ReadonlyMap<string, Pick<Host, "id" | "name" | "tags">>;

/** It prepares a test of one event after the other. */
export function eventTest(filter: EventWish, hosts: KnownHosts): (event: Event) => boolean {
  const { category, level, tag, actor, action } = filter;
  const host = filter.host === undefined ? null : folded(filter.host);
  const words = folded(filter.words ?? "")
    .split(/\s+/)
    .filter((word) => word !== "");
  const [from, to] = [timeOf(filter.from), timeOf(filter.to)];
  return (event) => {
    if (category !== undefined && event.category !== category) return false;
    if (level !== undefined && event.level !== level) return false;
    if (actor !== undefined && folded(event.actor) !== folded(actor)) return false;
    if (action !== undefined && event.action !== action) return false;
    const at = Date.parse(event.at);
    if ((from !== null && at < from) || (to !== null && at >= to)) return false;
    const about = hostsOf(event);
    if (host !== null && !about.some((id) => folded(id) === host || folded(labelIn(hosts, id)) === host)) return false;
    if (tag !== undefined && !about.some((id) => hosts.get(id)?.tags.includes(tag) === true)) return false;
    if (words.length === 0) return true;
    const text = folded(
      [
        event.message,
        event.actor,
        event.category,
        LEVEL_WORDS[event.level] ?? "",
        ...about.map((id) => labelIn(hosts, id)),
      ].join("\n"),
    );
    return words.every((word) => text.includes(word));
  };
}

/** An event may be about one host, or about many that something happened to in one moment. */
function hostsOf({ host, details }: Event): readonly string[] {
  if (host !== undefined) return [host];
  const several = details?.hosts;
  return Array.isArray(several) ? several.filter((one) => typeof one === "string") : [];
}

/** A level is shown as this word. */
const LEVEL_WORDS: Readonly<Record<string, string>> = {
  info: "info",
  success: "success",
  warn: "warning",
  error: "error",
};

/** A time that is none is passed over. */
function timeOf(text: string | undefined): number | null {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/**
 *   disk           the message, who did it, the kind, the level or a host contains it
 *   level:error    info, success, warn or error
 *   category:audit audit, system or error
 *   host:web-1     also tag:prod, actor:admin, action:host_offline
 *   since:24h      the last minutes (m), hours (h) or days (d); also from: and to: with a time
 *
 * `now` is in milliseconds.
 */
export function parseEventFilter(text: string, now: number): EventWish {
  const found: Record<string, string> = {};
  const words: string[] = [];
  for (const term of text.split(/\s+/).filter((one) => one !== "")) {
    const [, name = "", value = ""] = /^([a-z]+):(.+)$/i.exec(term) ?? [];
    const member = name.toLowerCase();
    const read = Object.hasOwn(READ, member) ? (READ[member]?.(value, now) ?? null) : null;
    if (read === null) words.push(term);
    else found[member === "since" ? "from" : member] = read;
  }
  return words.length === 0 ? found : { ...found, words: words.join(" ") };
}

/** Null means that the value is none: the term is looked for as it stands. */
const READ: Readonly<Record<string, (value: string, now: number) => string | null>> = {
  category: (value) => oneOf(CATEGORIES, value),
  level: (value) => oneOf(LEVELS, value),
  host: (value) => value,
  tag: (value) => value,
  actor: (value) => value,
  action: (value) => value.toLowerCase(),
  from: (value) => isoOf(value),
  to: (value) => isoOf(value),
  since: (value, now) => {
    const [, count = "", unit = ""] = /^(\d{1,4})([mhd])$/i.exec(value) ?? [];
    const unitMs = UNIT_MS[unit.toLowerCase()];
    return unitMs === undefined ? null : new Date(now - Number(count) * unitMs).toISOString();
  },
};

export const CATEGORIES = ["audit", "system", "error"] as const satisfies readonly Event["category"][];
export const LEVELS = ["info", "success", "warn", "error"] as const satisfies readonly Event["level"][];
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function oneOf(known: readonly string[], value: string): string | null {
  return known.find((one) => one === value.toLowerCase()) ?? null;
}

/** A time without a zone is in the reader's own. */
function isoOf(value: string): string | null {
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** It puts `level:error` in the place of another level, or takes it out. */
export function withEventTerm(text: string, name: string, value: string | null): string {
  const others = text.split(/\s+/).filter((term) => term !== "" && !term.toLowerCase().startsWith(`${name}:`));
  return [...others, ...(value === null ? [] : [`${name}:${value}`])].join(" ");
}

/** It returns the value of a term, or null. */
export function eventTerm(text: string, name: string): string | null {
  const term = text.split(/\s+/).findLast((one) => one.toLowerCase().startsWith(`${name}:`));
  return term === undefined ? null : term.slice(name.length + 1);
}
