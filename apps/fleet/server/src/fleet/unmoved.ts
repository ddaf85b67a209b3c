/** A request may name the version that its asker has seen. Where something that it relies on has moved since, it is refused with what moved. */

import { type Fleet, type Host, labelOf, type MovedRecord } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import { RequestRefusal } from "./refusal.ts";
import { type FleetManager, isInHistory } from "./state.ts";
import type { View } from "./work.ts";

/** It is what the bodies of requests have in common that take a precondition. */
export interface Seen {
  readonly ifVersion?: number | undefined;
  /** Without it the version is taken for one of this history. */
  readonly ifEpoch?: string | undefined;
}

/** A request relies on these fields of a record, or on all of them where none is named. */
export interface Relied {
  readonly collection: "hosts" | "groups" | "opRules" | "pipelineRules" | "scheduleRules";
  readonly id: string;
  readonly fields?: readonly string[];
}

/** Whoever starts something on a host has looked at these: whether it can begin there, and that it is the host that is meant. */
export const RELIED_OF_HOST = ["online", "runningCommand", "ops", "tags", "name"] as const;

/**
 * It is called in the transaction that decides the request, before anything is changed. A fleet has many changes a second, so the version of
 * the whole state has always moved: only the records concerned count, and of these only the fields that are relied on. What moved and moved
 * back counts too.
 */
export function requireUnmoved(
  manager: Committed,
  work: Pick<View, "fleet">,
  seen: Seen,
  relied: () => readonly Relied[],
): void {
  if (seen.ifVersion === undefined) return;
  requireKnown(manager, seen.ifVersion, seen.ifEpoch);
  const all = relied();
  const moved = all.flatMap((one) => movedOf(manager, work.fleet, one, seen.ifVersion as number));
  if (moved.length === 0) return;
  const words = moved.slice(0, NAMED).map((one) => wordsOf(work.fleet, one));
  const rest = moved.length > NAMED ? ` and ${moved.length - NAMED} more` : "";
  throw new RequestRefusal(
    "precondition_failed",
    `${moved.length} of ${all.length} moved since version ${seen.ifVersion}: ${words.join(", ")}${rest}`,
    {
      hint: "Nothing was done. Look at what is so now, and ask again with the version that you have seen then.",
      moved,
    },
  );
}

type Committed = Pick<FleetManager, "space" | "state">;

const NAMED = 3;

/** A version is unknown when it is beyond this history, or so old that what went since is forgotten. */
function requireKnown(manager: Committed, version: number, epoch: string | undefined): void {
  const space = manager.space(MAIN_SPACE);
  const isKnown = space?.canDiffFrom(version) === true;
  const isOurs = epoch === undefined || isInHistory(manager, { epoch, version });
  if (isKnown && isOurs) return;
  throw new RequestRefusal("precondition_failed", `nobody knows here what moved since version ${version}`, {
    hint: "Nothing was done. Read the state again, and ask with its version.",
  });
}

function movedOf(manager: Committed, fleet: Fleet, { collection, id, fields }: Relied, from: number): MovedRecord[] {
  const isRelied = (field: string) => fields === undefined || fields.includes(field);
  const committed = manager.space(MAIN_SPACE)?.fieldsMovedSince(collection, id, from) ?? null;
  const drafted = differences(manager.state[collection].get(id), fleet[collection].get(id));
  if (committed === null || drafted === null) return [{ collection, id, fields: [] }];
  const moved = [...new Set([...committed, ...drafted])].filter(isRelied);
  return moved.length === 0 ? [] : [{ collection, id, fields: moved }];
}

/** A change that was decided in the same group is not committed yet. Null means that the record comes or goes there. */
function differences(before: object | undefined, after: object | undefined): readonly string[] | null {
  if (before === after) return [];
  if (before === undefined || after === undefined) return null;
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const fields = new Set([...old.keys(), ...now.keys()]);
  return [...fields].filter((field) => JSON.stringify(old.get(field)) !== JSON.stringify(now.get(field)));
}

function wordsOf(fleet: Fleet, { collection, id, fields }: MovedRecord): string {
  const host = collection === "hosts" ? fleet.hosts.get(id) : undefined;
  if (host !== undefined) return `${labelOf(host)} ${hostWords(host, fields)}`;
  return `${NOUNS[collection] ?? ""}${id} is another than it was`;
}

const NOUNS: Readonly<Record<string, string>> = {
  groups: "the group ",
  opRules: "the rule of ",
  pipelineRules: "the pipeline ",
  scheduleRules: "the schedule ",
};

function hostWords({ online, runningCommand }: Host, fields: readonly string[]): string {
  if (fields.length === 0) return "is new or has changed"; // After a restart nobody knows which fields moved.
  if (fields.includes("online")) return online ? "is online" : "is offline";
  if (fields.includes("runningCommand")) return runningCommand === undefined ? "is free" : "is busy";
  return `has another ${fields.map((field) => FIELD_WORDS[field] ?? field).join(" and ")}`;
}

const FIELD_WORDS: Readonly<Record<string, string>> = { ops: "list of ops", tags: "list of tags" };
