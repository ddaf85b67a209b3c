import type { Host, Metrics } from "@neverstale/fleet-domain";
import { beforeEach, expect, test } from "vitest";
import { hostRecord } from "../host-suite.ts";
import { FollowedHosts } from "./followed-hosts.ts";
import type { HostQuery } from "./host-index.ts";

type Collection = "hosts" | "metrics";

let hosts: Map<string, Host>;
let listeners: Record<Collection, Set<() => void>>;
let due: Set<() => void>;

beforeEach(() => {
  hosts = new Map(["web-1", "web-2"].map((id) => [id, hostRecord(id)]));
  listeners = { hosts: new Set(), metrics: new Set() };
  due = new Set();
});

function follow(query: HostQuery): FollowedHosts {
  const source = {
    state: { hosts, metrics: new Map<string, Metrics>() },
    subscribeCollection: (collection: Collection, listener: () => void) => {
      listeners[collection].add(listener);
      return () => listeners[collection].delete(listener);
    },
  };
  return new FollowedHosts(source, query, (_everyMs, run) => {
    due.add(run);
    return () => due.delete(run);
  });
}

function moved(collection: Collection): void {
  for (const listener of listeners[collection]) listener();
}

function lookAgain(): void {
  const now = [...due];
  due.clear();
  for (const run of now) run();
}

test("many changes are looked through once, and told where something that is shown is another", () => {
  const followed = follow({ filter: "", sort: null });
  const told: (readonly string[])[] = [];
  followed.subscribe(() => told.push(followed.shown.ids));

  for (const id of ["web-3", "web-4"]) {
    hosts.set(id, hostRecord(id));
    moved("hosts");
  }
  const [looks, before] = [due.size, told.length];
  lookAgain();
  moved("hosts");
  lookAgain();

  expect([looks, before]).toEqual([1, 0]);
  expect(told).toEqual([["web-1", "web-2", "web-3", "web-4"]]);
});

test("heartbeats make it look only where the filter or the order names a measure", () => {
  follow({ filter: "web", sort: null }).subscribe(() => {});
  moved("metrics");
  const without = due.size;
  follow({ filter: "", sort: { column: "cpu", descending: true } }).subscribe(() => {});
  moved("metrics");

  expect([without, due.size]).toEqual([0, 1]);
});

test("who comes late is shown what changed before, and nothing is followed for nobody", () => {
  const followed = follow({ filter: "", sort: null });
  hosts.delete("web-1");
  const stops = [followed.subscribe(() => {}), followed.subscribe(() => {})];
  const shown = followed.shown.ids;
  moved("hosts");
  for (const stop of stops) stop();

  expect(shown).toEqual(["web-2"]);
  expect([due.size, listeners.hosts.size, listeners.metrics.size]).toEqual([0, 0, 0]);
});
