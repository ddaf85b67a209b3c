import { type Change, type JsonObject, patch, put } from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { changesOfText, changesToText } from "./change-text.ts";

const key = fc.constantFrom("cpu", "memory", "id", "note", "0", "toString");
const change: fc.Arbitrary<Change> = fc.record({
  type: fc.constantFrom("host_metrics", "event"),
  target: fc.constantFrom("", "web-1", "größe"),
  data: fc.dictionary(key, fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 3,
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>,
});

const rules = { host_metrics: patch("metrics"), event: put("events"), unused: put("events") };

test("[S1] changes come out of the log's text as they went in, in runs or alone", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const plain = JSON.parse(JSON.stringify(changes)) as Change[];
      expect(changesOfText(changesToText(changes, rules)).changes).toEqual(plain);
    }),
    { numRuns: 500 },
  );
});

test("a run of changes with the same keys names type and keys once", () => {
  const metrics = (target: string, cpu: number): Change => ({ type: "host_metrics", target, data: { cpu, load: 1 } });
  const alone: Change = { type: "event", target: "", data: { id: "e1" } };

  expect(JSON.parse(changesToText([metrics("a", 1), metrics("b", 2), alone], rules))).toEqual([
    [
      ["host_metrics", "patch", "metrics"],
      ["event", "put", "events"],
    ],
    ["host_metrics", ["cpu", "load"], "a", 1, 1, "b", 2, 1],
    alone,
  ]);
});

test("a run that breaks off is refused", () => {
  expect(() => changesOfText('[["host_metrics",["cpu"],"a",1,"b"]]')).toThrow("breaks off");
});

test("[E6] the text says what the types among its changes were; one that was stored before it did says nothing", () => {
  const change: Change = { type: "event", target: "", data: { id: "e1" } };
  const evicted: Change = { type: "record_evicted", target: "", data: { collection: "events", id: "e1" } };

  expect(changesOfText(changesToText([change], rules)).rules).toEqual({ event: put("events") });
  expect(changesOfText(changesToText([evicted], rules))).toEqual({ changes: [evicted], rules: {}, keyMoves: [] });
  expect(changesOfText(JSON.stringify([change, ["event", ["id"], "", "e2", "", "e3"]]))).toMatchObject({
    changes: [change, { data: { id: "e2" } }, { data: { id: "e3" } }],
    rules: null,
  });
});
