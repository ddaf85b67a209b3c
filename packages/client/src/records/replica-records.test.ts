import { digestOf, type StateRecord } from "@neverstale/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { delta, full } from "../machine/machine-rig-suite.ts";
import { ReplicaRecords } from "./replica-records.ts";

const at = (message: ReturnType<typeof delta>) => message as Parameters<ReplicaRecords["apply"]>[0];

function replicaWith(...hosts: readonly StateRecord[]): ReplicaRecords {
  const replica = new ReplicaRecords();
  replica.replace(full(1, { hosts }));
  replica.collectMoved();
  return replica;
}

describe("a full state", () => {
  test("[R3] records that did not change keep their identity, whatever the order of their keys", () => {
    const replica = replicaWith({ id: "web-1", cpu: 1, tags: ["a"] }, { id: "web-2", cpu: 2 });
    const before = replica.state.hosts?.get("web-1");

    replica.replace(
      full(2, {
        hosts: [
          { tags: ["a"], id: "web-1", cpu: 1 },
          { id: "web-2", cpu: 3 },
        ],
      }),
    );

    expect(replica.state.hosts?.get("web-1")).toBe(before);
    expect(replica.collectMoved()).toEqual(new Map([["hosts", ["web-2"]]]));
  });

  test("[R3] what it doesn't hold is gone, a whole collection too", () => {
    const replica = replicaWith({ id: "web-1" }, { id: "web-2" });

    replica.replace({ ...full(2), payload: { events: [{ id: "1" }] } });

    expect(replica.state.hosts?.size).toBe(0);
    expect(replica.state.events?.size).toBe(1);
  });

  test.each(["toString", "valueOf", "hasOwnProperty"])("[R3] a collection may be called %s, and be gone", (name) => {
    const replica = replicaWith({ id: "web-1" });
    replica.replace({ ...full(2), payload: { hosts: [], [name]: [{ id: "1" }] } });
    expect(replica.state[name]?.size).toBe(1);

    replica.replace(full(3, { hosts: [{ id: "web-1" }] }));

    expect(replica.state[name]?.size).toBe(0);
    expect(replica.state.hosts?.size).toBe(1);
  });

  test("[P5] it says which records are others than before, the first hundred by name", () => {
    const replica = replicaWith(...Array.from({ length: 150 }, (_, n) => ({ id: `web-${n}`, cpu: n })));

    const changed = replica.replace(
      full(2, { hosts: [{ id: "web-0", cpu: 0 }, { id: "web-1", cpu: 7 }, { id: "new" }] }),
    );

    expect(changed.count).toBe(150);
    expect(changed.records).toHaveLength(100);
    expect(changed.records.slice(0, 2)).toEqual([
      { collection: "hosts", id: "web-1" },
      { collection: "hosts", id: "new" },
    ]);
  });
});

describe("a delta", () => {
  test("[R3] replaces records, never alters one", () => {
    const replica = replicaWith({ id: "web-1", cpu: 1 }, { id: "web-2" });
    const [one, two] = [replica.state.hosts?.get("web-1"), replica.state.hosts?.get("web-2")];

    replica.apply(at(delta(1, 2, { hosts: { set: { "web-1": { cpu: 9 } } } })));

    expect(one).toEqual({ id: "web-1", cpu: 1 });
    expect(replica.state.hosts?.get("web-1")).toEqual({ id: "web-1", cpu: 9 });
    expect(replica.state.hosts?.get("web-2")).toBe(two);
  });

  test("[R3] one that doesn't fit is known before anything is altered", () => {
    const replica = replicaWith({ id: "web-1" });

    const facts = (payload: Parameters<typeof delta>[2], from = 1) => replica.factsFor(delta(from, 2, payload), 1).fits;

    expect(facts({ hosts: { set: { "web-1": { cpu: 1 } } } })).toBe(true);
    expect(facts({ hosts: { set: { "web-2": { cpu: 1 } } } })).toBe(false);
    expect(facts({ hosts: { unset: { "web-2": ["cpu"] } } })).toBe(false);
    expect(facts({ ghosts: { set: { "web-1": { cpu: 1 } } } })).toBe(false);
    expect(facts({ hosts: { set: { "web-2": { cpu: 1 } } } }, 7)).toBe(true); // Not one for this version anyway.
  });
});

test("clearing leaves nothing, and says what went", () => {
  const replica = replicaWith({ id: "web-1" });

  replica.clear();

  expect(replica.state.hosts?.size).toBe(0);
  expect(replica.collectMoved()).toEqual(new Map([["hosts", ["web-1"]]]));
  expect(replica.digest()).toBe("0".repeat(16));
});

test("[G2] brought up to date lazily, the digest is that of the state from scratch", () => {
  const id = fc.constantFrom("a", "b", "c", "toString");
  const move = fc.oneof(
    fc.record({ type: fc.constant("put" as const), id, cpu: fc.integer() }),
    fc.record({ type: fc.constant("remove" as const), id }),
    fc.record({ type: fc.constant("full" as const), ids: fc.uniqueArray(id), cpu: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ type: fc.constant("digest" as const) }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 30 }), (moves) => {
      const replica = new ReplicaRecords();
      for (const next of moves) {
        if (next.type === "put") replica.apply(at(delta(0, 1, { hosts: { put: [{ id: next.id, cpu: next.cpu }] } })));
        if (next.type === "remove") replica.apply(at(delta(0, 1, { hosts: { remove: [next.id] } })));
        if (next.type === "full") replica.replace(full(1, { hosts: next.ids.map((id) => ({ id, cpu: next.cpu })) }));
        if (next.type === "digest") expect(replica.digest()).toBe(digestOf(replica.state));
      }
      expect(replica.digest()).toBe(digestOf(replica.state));
    }),
  );
});

test("[G2] it is computed only where a sync carries one for my version", () => {
  const replica = replicaWith({ id: "web-1" });
  const sync = { type: "sync", version: 1, head: 1 } as const;

  expect(replica.factsFor({ ...sync, digest: "0".repeat(16) }, 1).digest).toBe(digestOf(replica.state));
  expect(replica.factsFor({ ...sync, digest: "0".repeat(16) }, 2).digest).toBeNull();
  expect(replica.factsFor(sync, 1).digest).toBeNull();
});
