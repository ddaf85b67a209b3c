import { collection, defineModel, patch, put, type StateOf } from "@neverstale/protocol";
import { expectTypeOf, test } from "vitest";
import type { StateSync } from "./io/state-sync.ts";

const fleet = defineModel({
  model: 1,
  collections: {
    hosts: collection<{ id: string; cpu: number; tags: string[] }>(),
    events: collection(),
  },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

type Fleet = StateOf<typeof fleet>;
/** Written by hand, and with members that could be altered. */
type PlainFleet = { hosts: ReadonlyMap<string, { id: string; cpu: number; tags: string[] }> };
type Host = { readonly id: string; readonly cpu: number; readonly tags: readonly string[] };

/** Never called: these lines are for the compiler alone. */
export function compiles(sync: StateSync<Fleet>, untyped: StateSync, plainly: StateSync<PlainFleet>): void {
  expectTypeOf(sync.state.hosts.get("web-1")?.cpu).toEqualTypeOf<number | undefined>();
  expectTypeOf(sync.list("hosts")).toEqualTypeOf<readonly Host[]>();
  expectTypeOf(sync.select(({ hosts }) => hosts.get("web-1")).current).toEqualTypeOf<Host | undefined>();
  expectTypeOf(plainly.list("hosts")).toEqualTypeOf<readonly Host[]>();
  expectTypeOf(sync.select(({ hosts }) => hosts.size).current).toEqualTypeOf<number>();
  expectTypeOf(untyped.list("anything")[0]?.id).toEqualTypeOf<string | undefined>();
  // @ts-expect-error There is no such collection.
  sync.list("ghosts");
  // @ts-expect-error There is no such collection.
  sync.subscribeRecord("ghosts", "web-1", () => {});
  // @ts-expect-error The state is read only.
  sync.state.hosts.set("web-1", { id: "web-1", cpu: 1, tags: [] });
  // @ts-expect-error So is a record of it.
  (sync.state.hosts.get("web-1") as Host).cpu = 1;
  // @ts-expect-error And a list within a record.
  sync.list("hosts")[0]?.tags.push("x");
  // @ts-expect-error And the list of records.
  sync.list("hosts").pop();
}

test("the model's types reach the state, its records and its selections", () => {
  expectTypeOf<typeof compiles>().toBeFunction();
});
