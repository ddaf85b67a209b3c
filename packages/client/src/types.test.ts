import { collection, defineModel, defineMutation, patch, put, refuse, type StateOf } from "@neverstale/protocol";
import { expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { StateSync } from "./io/state-sync.ts";
import { select } from "./views/selection.ts";

const fleet = defineModel({
  model: 1,
  collections: {
    hosts: collection<{ id: string; cpu: number; tags: string[] }>(),
    events: collection(),
  },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

const rename = defineMutation({
  name: "rename",
  model: fleet,
  args: z.object({ id: z.string(), cpu: z.number().default(1) }),
  decide: ({ hosts }, { id, cpu }) => {
    if (!hosts.has(id)) return refuse("no_such_host", "There is none.");
    return { changes: [{ type: "host_updated", target: id, data: { cpu } }], answer: { was: cpu } };
  },
});

type Fleet = StateOf<typeof fleet>;
/** Written by hand, and with members that could be altered. */
type PlainFleet = { hosts: ReadonlyMap<string, { id: string; cpu: number; tags: string[] }> };
type Host = { readonly id: string; readonly cpu: number; readonly tags: readonly string[] };

/** Never called: these lines are for the compiler alone. */
export function compiles(sync: StateSync<Fleet>, untyped: StateSync, plainly: StateSync<PlainFleet>): void {
  expectTypeOf(sync.state.hosts.get("web-1")?.cpu).toEqualTypeOf<number | undefined>();
  expectTypeOf(sync.list("hosts")).toEqualTypeOf<readonly Host[]>();
  expectTypeOf(select(sync, ({ hosts }) => hosts.get("web-1")).current).toEqualTypeOf<Host | undefined>();
  expectTypeOf(plainly.list("hosts")).toEqualTypeOf<readonly Host[]>();
  expectTypeOf(select(sync, ({ hosts }) => hosts.size).current).toEqualTypeOf<number>();
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

/** Never called, as above. */
export async function mutates(sync: StateSync<Fleet>): Promise<void> {
  const outcome = await sync.mutate(rename, { id: "web-1" });
  if (outcome.type === "done") expectTypeOf(outcome.answer.was).toEqualTypeOf<number>();
  // @ts-expect-error An argument has the type that its schema takes.
  void sync.mutate(rename, { id: 1 });
  // @ts-expect-error None is left out that has no default.
  void sync.mutate(rename, { cpu: 1 });
  // @ts-expect-error A refusal has no answer.
  void outcome.answer;
}

test("a mutation's types reach its arguments and its answer", () => {
  expectTypeOf<typeof mutates>().toBeFunction();
});

test("the model's types reach the state, its records and its selections", () => {
  expectTypeOf<typeof compiles>().toBeFunction();
});
