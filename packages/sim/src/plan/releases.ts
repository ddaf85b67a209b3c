/** A release is what one version of the simulated program makes of its data. */

import {
  type Change,
  collection,
  defineModel,
  type JsonObject,
  type Model,
  patch,
  put,
  remove,
  type StateRecord,
} from "@neverstale/protocol";
import { linesOfPages, type mainModel, secretOfStore, taskModel } from "./models.ts";
import type { Random } from "./random.ts";

/** Releases are a family of models, and `someChanges` speaks to all of them. */
export interface Release {
  /** So many events, ended commands and lines are kept. */
  readonly events: number;
  readonly commands: number;
  readonly lines: number;
  /** `host_updated` does this to a host. */
  readonly updates: "patch" | "put";
  /** Events go to this collection. */
  readonly eventsIn: EventsIn;
  /** With true there is the change type `host_noted`. */
  readonly notes: boolean;
  /** With true a host's text is bounded, which it was not before. */
  readonly strict: boolean;
  /** With true the collection that events no longer go to is emptied at the start, and leaves the model then. */
  readonly empties: boolean;
}

type EventsIn = "events" | "alarms";

export const FIRST_RELEASE: Release = {
  events: 5,
  commands: 6,
  lines: 12,
  updates: "patch",
  eventsIn: "events",
  notes: true,
  strict: false,
  empties: false,
};

/** These are the models of a release, by space. */
export interface Models {
  readonly main: typeof mainModel;
  readonly others: Readonly<Record<string, Model>>;
  /** Its views give keys in this way. */
  readonly keysBy: number;
  of(space: string): Model;
}

/** It makes a release that somebody could make out of the one before. */
export function nextRelease(before: Release, chance: Random): Release {
  const moves: (() => Partial<Release>)[] = [
    () => ({ events: chance.pick([1, 2, 3, 5]), lines: chance.pick([2, 4, 12]) }),
    () => ({ commands: chance.pick([1, 3, 6]) }),
    () => ({ updates: before.updates === "put" ? "patch" : "put" }),
    () => ({ eventsIn: otherOf(before.eventsIn), empties: chance.chance(0.5) }),
    () => ({ notes: !before.notes }),
    () => ({ strict: !before.strict }),
  ];
  let release = before;
  for (let count = chance.int(1, 3); count > 0; count -= 1) release = { ...release, ...chance.pick(moves)() };
  return release;
}

function otherOf(collection: EventsIn): EventsIn {
  return collection === "events" ? "alarms" : "events";
}

const known = new Map<string, Models>();

/** The collections in `holds` have records. They stay declared, whatever the release makes of them. */
export function modelsOf(release: Release, holds: ReadonlySet<string>): Models {
  const keepsOther = holds.has(otherOf(release.eventsIn));
  const key = JSON.stringify([release, keepsOther]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const models = makeModels(release, keepsOther);
  known.set(key, models);
  return models;
}

function makeModels(release: Release, keepsOther: boolean): Models {
  const main = mainModelOf(release, keepsOther);
  const others = { "agent/": taskModel, "output/": outputModelOf(release) };
  const of = (space: string) =>
    OWN_SPACES[space] ?? others[space.slice(0, space.indexOf("/") + 1) as keyof typeof others] ?? main;
  return { main: main as unknown as typeof mainModel, others, keysBy: Number(release.strict), of };
}

/** The engine keeps these for itself. */
const OWN_SPACES: Readonly<Record<string, Model>> = { "~lines": linesOfPages, "~secrets": secretOfStore };

function mainModelOf({ events, commands, updates, eventsIn, notes, strict }: Release, keepsOther: boolean): Model {
  const kept = collection(null, { keep: { newest: events } });
  const other = otherOf(eventsIn);
  return defineModel<Model["collections"], Model["changes"]>({
    model: 1,
    collections: {
      hosts: collection(strict ? refusesLong : refusesBad),
      commands: collection(null, { keep: { newest: commands, where: { status: ["done", "failed"] } } }),
      [eventsIn]: kept,
      ...(keepsOther ? { [other]: collection(null) } : {}),
      metrics: collection(null, { ephemeral: true }),
      registers: collection(),
    },
    changes: {
      host_added: put("hosts"),
      host_updated: updates === "put" ? put("hosts") : patch("hosts"),
      host_removed: remove("hosts"),
      ...(notes ? { host_noted: patch("hosts") } : {}),
      command_started: put("commands"),
      command_finished: patch("commands"),
      event: put(eventsIn),
      ...(keepsOther ? { old_event_dropped: remove(other) } : {}),
      host_metrics: put("metrics"),
      register_set: put("registers"),
    },
  });
}

function outputModelOf({ lines }: Release): Model {
  return defineModel({
    model: 1,
    collections: { lines: collection(null, { keep: { newest: lines } }) },
    changes: { line_added: put("lines"), line_altered: patch("lines"), line_removed: remove("lines") },
  });
}

/** A start of the release makes these changes before it serves. */
export function migrationOf(
  { eventsIn, empties }: Release,
  state: Readonly<Record<string, ReadonlyMap<string, StateRecord>>>,
): Change[] {
  if (!empties) return [];
  const left = [...(state[otherOf(eventsIn)]?.keys() ?? [])];
  return left.map((target) => ({ type: "old_event_dropped", target, data: {} }));
}

/** It refuses records that ask for it. A decision with one of them is dropped alone. */
const refusesBad = validator((record) => record.bad !== true);

const refusesLong = validator(
  (record) => record.bad !== true && !(typeof record.note === "string" && record.note.length > 3),
);

function validator(takes: (record: JsonObject) => boolean) {
  return {
    "~standard": {
      version: 1,
      vendor: "sim",
      validate: (value: unknown) =>
        takes(value as JsonObject) ? { value: value as JsonObject } : { issues: [{ message: "it is bad" }] },
    },
  } as const;
}
