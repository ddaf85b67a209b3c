/** Hosts are filtered by words that must all match, in any order: on the page, in a saved group, and where something is to run. */

import type { Host, HostCheck, Metrics } from "./host.ts";
import { folded, labelOf } from "./host-label.ts";
import { hostStatus } from "./host-status.ts";

/**
 *   web            name, tag, location, system or kind contains it
 *   tag:prod       has exactly this tag
 *   status:busy    ready, busy, offline or online
 *   op:reboot      its agent allows this op
 *   check:error    a check of it is ok, outdated, error or unknown
 *   check:disk     it has a check of this name; check:disk=error also says how it is
 *   os:debian      its system begins so; a space in it is written as _, as in os:debian_12
 *   version:1.0.0  its agent has exactly this version
 *   cpu:>80        also ram, disk, swap and load; > < >= <=
 *   -tag:prod      none of it
 */
export function parseHostFilter(text: string): HostFilter {
  const terms = folded(text)
    .split(/\s+/)
    .filter((term) => term !== "" && term !== "-");
  const tests = terms.map(parseTerm);
  return (row) => tests.every((test) => test(row));
}

/** This much of a host is looked at. */
export interface FilteredHost {
  readonly host: Host;
  readonly metrics: Metrics | undefined;
}

/** A filter reads a row's metrics only where it names a measure. */
export type HostFilter = (row: FilteredHost) => boolean;

function parseTerm(term: string): HostFilter {
  if (term.startsWith("-")) {
    const positive = parseTerm(term.slice(1));
    return (row) => !positive(row);
  }
  for (const parse of KINDS) {
    const test = parse(term);
    if (test !== null) return test;
  }
  return (row) => mentions(row, term);
}

function parseTag(term: string): HostFilter | null {
  if (!term.startsWith("tag:")) return null;
  const wanted = term.slice("tag:".length);
  return ({ host }) => host.tags.some((tag) => folded(tag) === wanted);
}

function parseOp(term: string): HostFilter | null {
  if (!term.startsWith("op:")) return null;
  const wanted = term.slice("op:".length);
  return ({ host }) => host.ops.some(({ name }) => folded(name) === wanted);
}

/** A status that is still being typed matches as far as it goes. */
function parseStatus(term: string): HostFilter | null {
  if (!term.startsWith("status:")) return null;
  const wanted = term.slice("status:".length);
  if (wanted === "online") return ({ host }) => host.online;
  return ({ host }) => hostStatus(host).startsWith(wanted);
}

/** A value stands in a filter like this: a filter is split at its spaces. */
export function filterWord(value: string): string {
  return value.trim().replaceAll(/\s+/g, "_");
}

/** These are the states of a host's checks, each of them once. */
export function checkStates({ checks }: Host): readonly HostCheck["status"][] {
  return [...new Set(Object.values(checks).map(({ status }) => status))];
}

function parseCheck(term: string): HostFilter | null {
  if (!term.startsWith("check:")) return null;
  const [wanted = "", status] = term.slice("check:".length).split("=");
  if (status === undefined && CHECK_STATES.has(wanted)) {
    return ({ host }) => Object.values(host.checks).some((check) => check.status === wanted);
  }
  return ({ host }) =>
    Object.entries(host.checks).some(
      ([name, check]) => folded(name) === wanted && (status === undefined || check.status === status),
    );
}

const CHECK_STATES: ReadonlySet<string> = new Set<HostCheck["status"]>(["ok", "outdated", "error", "unknown"]);

function parseSystem(term: string): HostFilter | null {
  if (!term.startsWith("os:")) return null;
  const wanted = term.slice("os:".length);
  return ({ host }) => folded(filterWord(host.os)).startsWith(wanted);
}

function parseVersion(term: string): HostFilter | null {
  if (!term.startsWith("version:")) return null;
  const wanted = term.slice("version:".length);
  return ({ host }) => folded(filterWord(host.agentVersion)) === wanted;
}

const MEASURES = { cpu: "cpu", ram: "ram", disk: "disk", swap: "swap", load: "load1" } as const;

function parseMeasure(term: string): HostFilter | null {
  const match = /^(cpu|ram|disk|swap|load):([<>])(=?)(\d+(?:\.\d+)?)$/.exec(term);
  if (match === null) return null;
  const field = MEASURES[match[1] as keyof typeof MEASURES];
  const bound = Number(match[4]);
  const sign = match[2] === ">" ? 1 : -1;
  const orEqual = match[3] === "=";
  return ({ metrics }) => {
    const value = metrics?.[field];
    return value !== undefined && ((value - bound) * sign > 0 || (orEqual && value === bound));
  };
}

const KINDS: readonly ((term: string) => HostFilter | null)[] = [
  parseTag,
  parseOp,
  parseStatus,
  parseCheck,
  parseSystem,
  parseVersion,
  parseMeasure,
];

/** No word has a space in it, so none is found across two of the texts. */
function mentions({ host }: FilteredHost, word: string): boolean {
  let text = TEXTS.get(host);
  if (text === undefined) {
    const { id, hostname, os, arch, location, deviceType, tags } = host;
    text = [labelOf(host), id, hostname, os, arch, location, deviceType, ...tags]
      .map((each = "") => folded(each))
      .join("\n");
    TEXTS.set(host, text);
  }
  return text.includes(word);
}

/** A record is never altered, so its texts are folded once, however many words and filters there are. */
const TEXTS = new WeakMap<Host, string>();
