import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { expectTypeOf, test } from "vitest";
import type { StateManager } from "./authority/io/open.ts";

/** An `interface`, which has no index signature. */
interface Host {
  readonly id: string;
  readonly cpu: number;
  readonly tags: readonly string[];
}

const fleet = defineModel({
  model: 1,
  collections: { hosts: collection<Host>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_put: put("cards") },
});

type Spaces = { readonly "board/": typeof board; readonly other: typeof fleet };

/** Never called: these lines are for the compiler alone. */
export function compiles(manager: StateManager<typeof fleet, Spaces>, host: Host, name: string): void {
  void manager.apply({ type: "host_added", target: host.id, data: host });
  void manager.apply({ type: "host_updated", target: "web-1", data: { cpu: 7 } });
  void manager.apply({ type: "host_removed", target: "web-1" });
  void manager.apply({ type: "card_put", target: "c", data: { title: "a" } }, { space: "board/1" });
  void manager.apply({ type: name, target: "c", data: {} });
  // @ts-expect-error The model has no change of this type.
  void manager.apply({ type: "nope", target: "web-1", data: {} });
  // @ts-expect-error A host has no status.
  void manager.apply({ type: "host_updated", target: "web-1", data: { status: 7 } });
  // @ts-expect-error A host needs a cpu.
  void manager.apply({ type: "host_added", target: "web-1", data: { tags: [] } });
  // @ts-expect-error The change is of another space.
  void manager.apply({ type: "host_removed", target: "web-1" }, { space: "board/1" });

  void manager.transact((state, transaction) => {
    expectTypeOf(state).toEqualTypeOf<StateOf<typeof fleet>>();
    expectTypeOf(transaction.state("board/1")).toEqualTypeOf<StateOf<typeof board> | null>();
    expectTypeOf(transaction.state("other")).toEqualTypeOf<StateOf<typeof fleet> | null>();
    expectTypeOf(transaction.state(name)?.anything?.get("x")?.id).toEqualTypeOf<string | undefined>();
    transaction.add("board/1", [{ type: "card_put", target: "c", data: { title: "a" } }]);
    // @ts-expect-error A card has no colour.
    transaction.add("board/1", [{ type: "card_put", target: "c", data: { colour: "red" } }]);
    // @ts-expect-error A board has no hosts.
    transaction.add("board/1", [{ type: "host_removed", target: "web-1" }]);
    return [];
  });
}

test("changes and spaces have the types of their models", () => {
  expectTypeOf(compiles).toBeFunction();
});
