/** The models of the simulated program, and the changes that a busy fleet makes of them. */

import {
  type Change,
  collection,
  defineModel,
  type JsonObject,
  type JsonValue,
  patch,
  put,
  remove,
} from "@neverstale/protocol";
import type { Random } from "./random.ts";

/** The program's own code takes the main space to be like this. `releases.ts` says what a release makes of it. */
export const mainModel = defineModel({
  model: 1,
  collections: {
    hosts: collection(null),
    commands: collection(null, { keep: { newest: 6, where: { status: ["done", "failed"] } } }),
    events: collection(null, { keep: { newest: 5 } }),
    metrics: collection(null, { ephemeral: true }),
    registers: collection(),
  },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    host_noted: patch("hosts"),
    command_started: put("commands"),
    command_finished: patch("commands"),
    event: put("events"),
    host_metrics: put("metrics"),
    register_set: put("registers"),
  },
});

/** This is what one host is to do. An agent follows it, and says over HTTP what it has done. */
export const taskModel = defineModel({
  model: 1,
  collections: { tasks: collection() },
  changes: { task_added: put("tasks"), task_altered: patch("tasks"), task_removed: remove("tasks") },
});

/** The engine keeps in a space of its own what it knows of the lines of pages (rule U7). */
export const linesOfPages = defineModel({
  model: 0,
  collections: { lines: collection(), dropped: collection() },
  changes: {
    line_begun: put("lines"),
    line_moved: patch("lines"),
    line_dropped: remove("lines"),
    lines_dropped: put("dropped"),
  },
});

/** The engine keeps in a space of its own the secret by which it makes tickets (rule V15). */
export const secretOfStore = defineModel({
  model: 0,
  collections: { secrets: collection() },
  changes: { secret_drawn: put("secrets") },
});

/** It makes the changes of one transaction. */
export function someChanges(space: string, chance: Random): Change[] {
  const count = chance.chance(0.6) ? 1 : chance.int(2, 5);
  return Array.from({ length: count }, () => someChange(space, chance));
}

/** `toString` is a member of every object, and a name like any other here. */
const HOSTS = ["web-1", "web-2", "web-3", "db-1", "toString", "cache-1"];
const FIELDS = ["cpu", "name", "tags", "note", "os", "valueOf"];

function someChange(space: string, chance: Random): Change {
  if (space.startsWith("agent/")) return taskChange(chance);
  if (space.startsWith("output/")) return lineChange(chance);
  const kind = chance.next();
  if (kind < 0.12)
    return { type: "event", target: "", data: { id: `ev-${chance.int(0, 1e9)}`, text: someText(chance) } };
  if (kind < 0.28 && kind >= 0.24)
    return { type: "host_noted", target: chance.pick(HOSTS), data: { note: someText(chance) } };
  if (kind < 0.24) return { type: "host_metrics", target: chance.pick(HOSTS), data: { load: chance.int(0, 99) } };
  return recordChange("host_added", "host_updated", "host_removed", chance);
}

function recordChange(added: string, updated: string, removed: string, chance: Random): Change {
  const target = chance.pick(HOSTS);
  const kind = chance.next();
  if (kind < 0.35) return { type: added, target, data: someFields(chance, false) };
  if (kind < 0.8) return { type: updated, target, data: someFields(chance, true) };
  return { type: removed, target, data: {} };
}

/** Each task that is added says which one it is, because an id may come again. */
function taskChange(chance: Random): Change {
  const change = recordChange("task_added", "task_altered", "task_removed", chance);
  return change.type === "task_added" ? { ...change, data: { ...change.data, made: chance.int(0, 1e9) } } : change;
}

function lineChange(chance: Random): Change {
  if (chance.chance(0.2)) return recordChange("line_added", "line_altered", "line_removed", chance);
  return { type: "line_added", target: "", data: { id: `line-${chance.int(0, 1e9)}`, text: someText(chance) } };
}

function someFields(chance: Random, unsets: boolean): JsonObject {
  const fields: Record<string, JsonValue> = {};
  for (let count = chance.int(1, 3); count > 0; count -= 1) {
    fields[chance.pick(FIELDS)] = unsets && chance.chance(0.3) ? null : someValue(chance, unsets);
  }
  return fields;
}

function someValue(chance: Random, unsets: boolean): JsonValue {
  const kind = chance.next();
  if (kind < 0.5) return chance.int(0, 9);
  if (kind < 0.7) return someText(chance);
  if (kind < 0.85) return [chance.int(0, 3), { deep: chance.chance(0.5) }];
  return unsets && chance.chance(0.4) ? { inner: null, other: chance.int(0, 3) } : { inner: chance.int(0, 3) };
}

function someText(chance: Random): string {
  return chance.pick(["", "ä€😀", "restart", "x".repeat(chance.int(1, 60))]);
}

/**
 * It makes many records with long names, to be removed together later. The diff over that is larger than what is left.
 */
export function crowd(count: number, name: string): Change[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "host_added",
    target: crowdId(name, index),
    data: { cpu: index },
  }));
}

export function crowdGone(count: number, name: string): Change[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "host_removed",
    target: crowdId(name, index),
    data: {},
  }));
}

function crowdId(name: string, index: number): string {
  return `${name}-${index}-${"long".repeat(20)}`;
}
