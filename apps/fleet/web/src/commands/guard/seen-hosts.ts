/** An action is prepared on what the page shows. Before it is sent, what was shown then is compared with what is shown now. */

import type { Fleet, Host } from "@neverstale/fleet-domain";
import { hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import { howMany } from "../../state/format.ts";

/** It is what somebody had before their eyes who prepared an action. */
export interface SeenWork {
  readonly what: WantedWork;
  readonly hosts: ReadonlyMap<string, SeenHost>;
  /** The rules of what is to run, as text, so that they can be compared. */
  readonly rules: string;
}

export type WantedWork = { readonly op: string } | { readonly pipeline: string };

type SeenHost = Pick<Host, "online" | "runningCommand" | "ops" | "tags" | "name" | "hostname">;

export function seeWork(fleet: KnownWork, what: WantedWork, ids: Iterable<string>): SeenWork {
  const hosts = new Map<string, SeenHost>();
  for (const id of ids) {
    const host = fleet.hosts.get(id);
    if (host !== undefined) hosts.set(id, host);
  }
  return { what, hosts, rules: rulesOf(fleet, what) };
}

type KnownWork = Pick<Fleet, "hosts" | "opRules" | "pipelineRules">;

function rulesOf({ opRules, pipelineRules }: KnownWork, what: WantedWork): string {
  if ("op" in what) return JSON.stringify(opRules.get(what.op) ?? null);
  const rule = pipelineRules.get(what.pipeline);
  return JSON.stringify([rule ?? null, ...(rule?.stages ?? []).map((op) => opRules.get(op) ?? null)]);
}

/**
 * It says of each host what has become of it since, in the order of what was seen. `ids` are the hosts that are meant now: of a target by
 * a filter these may be others.
 */
export function movedSince(seen: SeenWork, fleet: KnownWork, ids: Iterable<string>): readonly string[] {
  const meant = new Set(ids);
  const moved = [...seen.hosts].flatMap(([id, before]) => {
    const now = fleet.hosts.get(id);
    if (now === undefined) return [`${before.name ?? before.hostname} was removed`];
    const words = hostMoved(before, now, seen.what) ?? (meant.has(id) ? null : "is not among them any more");
    return words === null ? [] : [`${labelOf(now)} ${words}`];
  });
  const joined = [...meant].flatMap((id) => {
    const host = fleet.hosts.get(id);
    return host === undefined || seen.hosts.has(id) ? [] : [`${labelOf(host)} has come among them`];
  });
  const named = "op" in seen.what ? `the rule of ${seen.what.op}` : `the pipeline ${seen.what.pipeline}`;
  const rules = rulesOf(fleet, seen.what) === seen.rules ? [] : [`${named} is another one now`];
  return [...moved, ...joined, ...rules];
}

/** Null means that nothing has moved that the action relies on. */
function hostMoved(before: SeenHost, now: Host, what: WantedWork): string | null {
  const [was, is] = [hostStatus(before as Host), hostStatus(now)];
  if (was !== is) return statusMoved(was, is);
  if ("op" in what) {
    const [offered, offers] = [before, now].map(({ ops }) => ops.find(({ name }) => name === what.op));
    if (offered === undefined && offers !== undefined) return "allows it now";
    if (offered !== undefined && offers === undefined) return "does not allow it any more";
    if (JSON.stringify(offered) !== JSON.stringify(offers)) return "takes other arguments now";
  }
  if (before.name !== now.name) return "is called so now";
  return before.tags.toSorted().join(" ") === now.tags.toSorted().join(" ") ? null : "has other tags now";
}

type Status = ReturnType<typeof hostStatus>;

function statusMoved(was: Status, is: Status): string {
  if (is === "offline") return "went offline";
  if (is === "busy") return was === "offline" ? "is back, and busy" : "is busy";
  return was === "offline" ? "is back" : "is free again";
}

/** No more than these are named one by one. */
const NAMED = 4;

/** `2 of 37 hosts changed since you chose this: web-3 went offline, db-1 is busy.` */
export function movedWords(moved: readonly string[], hosts: number, since: string): string {
  const named = moved.slice(0, NAMED).join(", ");
  const rest = moved.length > NAMED ? ` and ${howMany(moved.length - NAMED, "other")}` : "";
  return `${moved.length} of ${howMany(hosts, "host")} changed since ${since}: ${named}${rest}.`;
}
