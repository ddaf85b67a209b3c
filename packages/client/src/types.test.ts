import { collection, defineModel, patch, put, type StateOf } from "@neverstale/protocol";
import { expectTypeOf, test } from "vitest";
import type { StateSync } from "./io/state-sync.ts";

const fleet = defineModel({
  model: 1,
  collections: {
    hosts: collection<{ readonly id: string; readonly cpu: number }>(),
    events: collection(),
  },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

type Fleet = StateOf<typeof fleet>;

/** Never called: these lines are for the compiler alone. */
export function compiles(sync: StateSync<Fleet>, untyped: StateSync): void {
  expectTypeOf(sync.state.hosts.get("web-1")?.cpu).toEqualTypeOf<number | undefined>();
  expectTypeOf(sync.list("hosts")).toEqualTypeOf<readonly { readonly id: string; readonly cpu: number }[]>();
  expectTypeOf(sync.select(({ hosts }) => hosts.size).current).toEqualTypeOf<number>();
  expectTypeOf(untyped.list("anything")[0]?.id).toEqualTypeOf<string | undefined>();
  // @ts-expect-error There is no such collection.
  sync.list("ghosts");
  // @ts-expect-error There is no such collection.
  sync.subscribeRecord("ghosts", "web-1", () => {});
  // @ts-expect-error The state is read only.
  sync.state.hosts.set("web-1", { id: "web-1", cpu: 1 });
}

test("the model's types reach the state, its records and its selections", () => {
  expectTypeOf<typeof compiles>().toBeFunction();
});
