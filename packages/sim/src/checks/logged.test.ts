import { expect, test } from "vitest";
import { loggedChanges } from "./logged.ts";

test("changes stand alone or in runs, in order", () => {
  const alone = { type: "host_removed", target: "web-1", data: {} };
  const text = JSON.stringify([alone, ["host_metrics", ["load", "id"], "web-1", 3, "a", "web-2", [4], "b"], alone]);

  expect(loggedChanges(text)).toEqual([
    alone,
    { type: "host_metrics", target: "web-1", data: { load: 3, id: "a" } },
    { type: "host_metrics", target: "web-2", data: { load: [4], id: "b" } },
    alone,
  ]);
});

test("what the types were comes first, and is no change", () => {
  const alone = { type: "host_removed", target: "web-1", data: {} };

  expect(loggedChanges(JSON.stringify([[["host_removed", "remove", "hosts"]], alone]))).toEqual([alone]);
  expect(loggedChanges(JSON.stringify([[], alone]))).toEqual([alone]);
});

test("a run without keys is as many changes as it has targets", () => {
  expect(loggedChanges('[["host_removed",[],"web-1","web-2"]]')).toEqual([
    { type: "host_removed", target: "web-1", data: {} },
    { type: "host_removed", target: "web-2", data: {} },
  ]);
});
