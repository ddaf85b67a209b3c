import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expectTypeOf, test } from "vitest";
import type { JsonValue } from "../json/json.ts";
import type { AskedChange } from "./change.ts";
import type { ChangeData, ChangeOf, ChangeTypeOf } from "./change-of.ts";
import { collection, defineModel, type Model, patch, put, remove } from "./model.ts";

interface Disk {
  name: string;
  label?: string;
}

interface Host {
  id: string;
  cpu: number;
  tags: string[];
  name?: string;
  /** As zod writes what may be absent. */
  rack?: string | undefined;
  disk?: Disk;
  checks: Record<string, { ok: boolean }>;
  args?: { readonly [name: string]: JsonValue };
}

interface Tail {
  id: "tail" | "nothing";
  text: string;
}

declare const hostSchema: StandardSchemaV1<unknown, Host>;

function typedModel() {
  return defineModel({
    model: 1,
    collections: { hosts: collection(hostSchema), tails: collection<Tail>(), events: collection() },
    changes: {
      host_added: put("hosts"),
      host_updated: patch("hosts", { missing: "refuse" }),
      host_removed: remove("hosts"),
      output_archived: put("tails"),
      event: put("events"),
      event_corrected: patch("events"),
    },
  });
}

type Typed = ReturnType<typeof typedModel>;
type HostPatch = ChangeData<Typed, "host_updated">;

declare function ask(change: ChangeOf<Typed>): void;
declare const host: Host;

/** Never called: these lines are for the compiler alone. */
export function linesThatCompile(): void {
  ask({ type: "host_added", target: "web-1", data: { cpu: 1, tags: [], checks: {} } });
  ask({ type: "host_added", target: "web-1", data: host });
  ask({ type: "host_added", target: "", data: { id: "web-1", cpu: 1, tags: ["a"], checks: { a: { ok: true } } } });
  ask({ type: "host_updated", target: "web-1", data: { name: null, rack: null, args: { depth: [1, { a: null }] } } });
  ask({ type: "host_updated", target: "web-1", data: { disk: { label: null } } });
  ask({ type: "host_updated", target: "web-1", data: { checks: { a: null, b: { ok: false } } } });
  ask({ type: "host_updated", target: "", data: { id: "web-1" } });
  ask({ type: "host_removed", target: "web-1" });
  ask({ type: "host_removed", target: "", data: { id: "web-1" } });
  ask({ type: "output_archived", target: "", data: { id: "tail", text: "" } });
  ask({ type: "event", target: "", data: { id: "e1", at: 1, more: { any: [null] } } });
  ask({ type: "event_corrected", target: "", data: { id: "e1", at: null } });
}

/** Never called: each line below a directive must not compile, or the compiler complains. */
export function linesThatMustNotCompile(): void {
  // @ts-expect-error the model has no such change type
  ask({ type: "host_renamed", target: "web-1", data: { name: "a" } });
  // @ts-expect-error a change has a target, be it ""
  ask({ type: "host_updated", data: { name: "a" } });
  // @ts-expect-error a put carries the whole record
  ask({ type: "host_added", target: "web-1", data: { cpu: 1 } });
  // @ts-expect-error a put carries a record
  ask({ type: "host_added", target: "web-1" });
  // @ts-expect-error a put leaves out what is absent
  ask({ type: "host_added", target: "web-1", data: { cpu: 1, tags: [], checks: {}, name: null } });
  // @ts-expect-error a member has the type that the schema says
  ask({ type: "host_updated", target: "web-1", data: { cpu: "1" } });
  // @ts-expect-error the schema has no such member
  ask({ type: "host_updated", target: "web-1", data: { gpu: 1 } });
  // @ts-expect-error a member that every record has can't be taken away
  ask({ type: "host_updated", target: "web-1", data: { cpu: null } });
  // @ts-expect-error nor can one that is deeper
  ask({ type: "host_updated", target: "web-1", data: { disk: { name: null } } });
  // @ts-expect-error a list is replaced whole
  ask({ type: "host_updated", target: "web-1", data: { tags: [null] } });
  // @ts-expect-error an id is never taken away
  ask({ type: "host_updated", target: "web-1", data: { id: null } });
  // @ts-expect-error a change that removes carries nothing but the id
  ask({ type: "host_removed", target: "web-1", data: { cpu: 1 } });
  // @ts-expect-error these records have one of two ids
  ask({ type: "output_archived", target: "", data: { id: "head", text: "" } });
  // @ts-expect-error JSON has no dates
  ask({ type: "event", target: "", data: { at: new Date(0) } });
  // @ts-expect-error the model has no such change type
  const unknown: ChangeData<Typed, "host_renamed"> = {};
  // @ts-expect-error a patch's members have the types that the schema says
  const data: HostPatch = { tags: [1] };
  void [unknown, data];
}

/** A class that knows its model only by a parameter can hand changes on, and be used where any model will do. */
export abstract class Asker<M extends Model = Model> {
  ask(change: ChangeOf<M>): void {
    this.hand(change);
  }
  abstract hand(change: AskedChange): void;
}

export function anyModelWillDo(asker: Asker<Typed>): Asker {
  return asker;
}

test("[S1] a model's changes are typed by its declaration and its schemas", () => {
  expectTypeOf<ChangeTypeOf<Typed>>().toEqualTypeOf<
    "host_added" | "host_updated" | "host_removed" | "output_archived" | "event" | "event_corrected"
  >();
  expectTypeOf<ChangeOf<Typed>["type"]>().toEqualTypeOf<ChangeTypeOf<Typed>>();
  expectTypeOf<ChangeOf<Typed>>().toExtend<AskedChange>();
  expectTypeOf<ChangeOf<Model>>().toEqualTypeOf<AskedChange>();
  expectTypeOf<HostPatch["name"]>().toEqualTypeOf<string | null | undefined>();
  expectTypeOf<HostPatch["cpu"]>().toEqualTypeOf<number | undefined>();
  expectTypeOf(typedModel).toBeFunction();
});
