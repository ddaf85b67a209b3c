import type { Host, Metrics } from "@neverstale/fleet-domain";
import { parseHostFilter } from "@neverstale/fleet-domain/schema-free";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Sort } from "../../state/place.ts";
import { hostRecord } from "../host-suite.ts";
import { HostIndex } from "./host-index.ts";
import { HOST_COLUMNS, type HostColumn, rowOrder } from "./host-order.ts";

interface Hosts {
  readonly hosts: Map<string, Host>;
  readonly metrics: Map<string, Metrics>;
}

function measured(id: string, cpu: number): Metrics {
  return { id, cpu, lastSeenAt: "2026-01-01T00:00:00.000Z" };
}

function fleetOf(...ids: readonly string[]): Hosts {
  return {
    hosts: new Map(ids.map((id) => [id, hostRecord(id, { tags: ["prod"] })])),
    metrics: new Map(ids.map((id, index) => [id, measured(id, index)])),
  };
}

/** They are found without an index. */
function found({ hosts, metrics }: Hosts, filter: string, sort: Sort<HostColumn> | null): readonly string[] {
  const rows = [...hosts.values()].map((host) => ({ host, metrics: metrics.get(host.id) }));
  return rows
    .filter(parseHostFilter(filter))
    .sort(rowOrder(sort))
    .map(({ host }) => host.id);
}

const IDS = Array.from({ length: 12 }, (_, number) => `host-${number}`);
const change = fc.record({
  id: fc.constantFrom(...IDS),
  what: fc.constantFrom("measured", "online", "offline", "tagged", "removed", "added", "renamed"),
  cpu: fc.integer({ min: 0, max: 3 }),
});
const query = fc.record({
  filter: fc.constantFrom("", "tag:prod", "status:offline", "cpu:>1", "-tag:prod cpu:<2", "host-1"),
  sort: fc.option(fc.record({ column: fc.constantFrom(...HOST_COLUMNS), descending: fc.boolean() })),
});

test("whatever changes, the index shows what a search through all hosts would", () => {
  fc.assert(
    fc.property(query, fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 8 }), ({ filter, sort }, batches) => {
      const fleet = fleetOf(...IDS.slice(0, 8));
      const index = new HostIndex({ filter, sort });
      for (const batch of [[], ...batches]) {
        for (const { id, what, cpu } of batch) carryOut(fleet, id, what, cpu);
        const shown = index.update(fleet);

        const wanted = found(fleet, filter, sort);
        expect(shown.ids).toEqual(wanted);
        const offline = wanted.filter((one) => fleet.hosts.get(one)?.online === false).length;
        expect(shown.facets().status.find(({ word }) => word === "offline")?.count ?? 0).toBe(offline);
        expect(shown.facets().tag.find(({ term }) => term === "tag:prod")?.count ?? 0).toBe(
          wanted.filter((one) => fleet.hosts.get(one)?.tags.includes("prod")).length,
        );
      }
    }),
    { numRuns: 150 },
  );
});

function carryOut({ hosts, metrics }: Hosts, id: string, what: string, cpu: number): void {
  const host = hosts.get(id);
  if (what === "removed") {
    hosts.delete(id);
    metrics.delete(id);
  } else if (what === "measured") metrics.set(id, measured(id, cpu));
  else if (what === "added" || host === undefined) hosts.set(id, hostRecord(id));
  else if (what === "tagged") hosts.set(id, { ...host, tags: cpu > 1 ? ["prod"] : [] });
  else if (what === "renamed") hosts.set(id, { ...host, name: `renamed-${cpu}` });
  else hosts.set(id, { ...host, online: what === "online" });
}

test("nothing is another object where nothing that is shown has changed", () => {
  const fleet = fleetOf("web-1", "web-2");
  const index = new HostIndex({ filter: "", sort: null });
  const first = index.update(fleet);

  fleet.metrics.set("web-1", measured("web-1", 99));
  const afterHeartbeat = index.update(fleet);
  fleet.hosts.set("web-1", hostRecord("web-1", { online: false }));
  const afterChange = index.update(fleet);

  expect([index.readsMetrics, afterHeartbeat === first, afterChange === first]).toEqual([false, true, false]);
  expect(afterChange.ids).toBe(first.ids);
});

test("hosts that are only counted are all there, in whatever order", () => {
  const fleet = fleetOf("web-2", "web-1");
  const index = new HostIndex({ filter: "", sort: "none" });
  index.update(fleet);
  fleet.hosts.set("web-3", hostRecord("web-3"));
  fleet.hosts.set("web-1", hostRecord("web-1", { online: false }));

  const { ids, facets } = index.update(fleet);

  expect(ids.toSorted()).toEqual(["web-1", "web-2", "web-3"]);
  expect(facets().status.map(({ word, count }) => [word, count])).toEqual([
    ["ready", 2],
    ["offline", 1],
  ]);
});

test("a filter or an order of the host's own members reads no metrics", () => {
  const fleet = fleetOf("web-1", "web-2");
  const unmeasured = {
    hosts: fleet.hosts,
    get metrics(): never {
      throw new Error("the metrics were read");
    },
  };

  expect(
    new HostIndex({ filter: "web", sort: { column: "status", descending: false } }).update(unmeasured).ids,
  ).toEqual(["web-1", "web-2"]);
  expect(() => new HostIndex({ filter: "cpu:>1", sort: null }).update(unmeasured)).toThrow("the metrics were read");
});

test("facets count what matches, the most frequent value first, with the words that find it", () => {
  const fleet = fleetOf("web-1", "web-2", "db-1");
  const checks = { disk: { status: "error", message: "", checkedAt: "2026-01-01T00:00:00.000Z" } } as const;
  fleet.hosts.set("db-1", hostRecord("db-1", { os: "Debian 12", tags: ["db", "prod"], checks, agentVersion: "1.0.0" }));
  const facets = new HostIndex({ filter: "", sort: null }).update(fleet).facets();

  expect(facets.tag).toEqual([
    { term: "tag:prod", word: "prod", count: 3 },
    { term: "tag:db", word: "db", count: 1 },
  ]);
  const others = [...facets.os, ...facets.check, ...facets.version];
  expect(others.map(({ term }) => term)).toEqual(["os:Debian_12", "check:error", "version:1.0.0"]);
  for (const { term } of [...facets.tag.slice(1), ...others]) expect(found(fleet, term, null)).toEqual(["db-1"]);
});
