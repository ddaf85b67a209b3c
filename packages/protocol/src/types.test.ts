import type { StandardSchemaV1 } from "@standard-schema/spec";
import { expect, test } from "vitest";
import type { Diff } from "./diff/diff.ts";
import { SyncError } from "./errors.ts";
import type { JsonObject, StateRecord } from "./json/json.ts";
import type { AskedChange, Change } from "./model/change.ts";
import { type ChangeRule, collection, defineModel, patch, put, type StateOf } from "./model/model.ts";
import { encodeMessage } from "./wire/encode.ts";
import type { ClientMessage, PlainClientMessage, ServerMessage } from "./wire/messages.ts";

interface Host {
  id: string;
  cpu: number;
  tags: string[];
  os?: { name: string };
}

declare const hostSchema: StandardSchemaV1<unknown, Host>;

/** Never called: the compiler reads it. Each line below a directive must not compile, or the compiler complains. */
export function linesThatMustNotCompile(model: ReturnType<typeof fleetModel>, state: StateOf<typeof model>): void {
  const cpu: number | undefined = state.hosts.get("web-1")?.cpu;
  const event: StateRecord | undefined = state.events.get("e1");
  const host = state.hosts.get("web-1");
  const removal: AskedChange = { type: "host_removed", target: "web-1" };
  void [cpu, event, removal];

  // @ts-expect-error the model has no such collection
  void state.pipelines;
  // @ts-expect-error a record's field has the type its schema says
  const text: string | undefined = state.hosts.get("web-1")?.cpu;
  // @ts-expect-error a state is read, never altered
  state.hosts.set("web-1", { id: "web-1", cpu: 1, tags: [] });
  // @ts-expect-error nor is a record of it
  (state.hosts.get("web-1") as NonNullable<typeof host>).cpu = 2;
  // @ts-expect-error nor a list within a record
  host?.tags.push("x");
  // @ts-expect-error nor an object within a record
  (host?.os ?? { name: "" }).name = "x";
  // @ts-expect-error nor what is within a record of no declared type
  (event?.details as JsonObject).at = 1;
  // @ts-expect-error the collections of a model are fixed
  model.collections.more = collection();
  // @ts-expect-error a change type names a collection of its model
  defineModel({ model: 1, collections: { hosts: collection() }, changes: { event: put("events") } });
  // @ts-expect-error what a change does is one of three things
  const rule: ChangeRule = { kind: "upsert", collection: "hosts" };
  // @ts-expect-error keep says how many
  collection(null, { keep: { where: { status: ["done"] } } });

  // @ts-expect-error a record carries its id
  const record: StateRecord = { cpu: 1 };
  // @ts-expect-error JSON has no functions
  const change: Change = { type: "event", target: "", data: { run: () => 1 } };
  // @ts-expect-error JSON has no dates
  const dated: Change = { type: "event", target: "", data: { at: new Date(0) } };
  // @ts-expect-error what is logged has data
  const logged: Change = { type: "event", target: "" };
  // @ts-expect-error a put makes what is missing
  put("hosts", { missing: "refuse" });
  // @ts-expect-error a change has a target, be it ""
  const untargeted: Change = { type: "event", data: {} };

  // @ts-expect-error a delta says from which version it leads
  const delta: ServerMessage = { type: "delta", version: 2, payload: {} };
  // @ts-expect-error the facts of a resumed connection come together
  const sync: ServerMessage = { type: "sync", version: 1, head: 1, resumed: { epoch: "e" } };
  // @ts-expect-error the five reasons are a closed list
  const reason: ClientMessage = { type: "get_state", reason: "bored" };
  // @ts-expect-error the plain get_state has no reason
  const plain: PlainClientMessage = { type: "get_state", reason: "gap" };
  // @ts-expect-error there is no such message
  encodeMessage({ type: "hello" });
  // @ts-expect-error what moved in a collection is one of four things
  const diff: Diff = { hosts: { move: ["a"] } };
  // @ts-expect-error error codes are a closed list
  new SyncError("on_fire", "it burns");

  void [text, rule, record, change, dated, logged, untargeted, delta, sync, reason, plain, diff];
}

function fleetModel() {
  return defineModel({
    model: 1,
    collections: { hosts: collection(hostSchema), events: collection() },
    changes: { host_updated: patch("hosts"), event: put("events") },
  });
}

test("a model keeps the types of its declaration", () => {
  const model = defineModel({ model: 1, collections: { events: collection() }, changes: { event: put("events") } });
  const kept: "events" = model.changes.event.collection;

  expect(kept).toBe("events");
});
