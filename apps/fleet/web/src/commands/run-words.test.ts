import type { Command } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { newestCreatedFirst } from "../state/record-lists.ts";
import { argWords, matchesWords, reasonWords } from "./run-words.ts";

const BASE: Command = {
  id: "c1",
  host: "h1",
  op: "stream",
  args: { seconds: 10, style: "plain" },
  status: "running",
  requestedBy: "maria",
  createdAt: "2026-01-01T00:00:00.000Z",
  outputBytes: 0,
};

test("newest first, and one order for those of the same moment", () => {
  const later = { ...BASE, id: "c0", createdAt: "2026-01-02T00:00:00.000Z" };
  const twin = { ...BASE, id: "c2" };
  expect(newestCreatedFirst([BASE, later, twin]).map((command) => command.id)).toEqual(["c0", "c2", "c1"]);
});

test("a running command says how far it is, any other one why it is as it is", () => {
  const progress = { phase: "copying", current: 3, total: 10, message: "/etc" };
  expect(reasonWords({ ...BASE, progress })).toBe("copying 3/10: /etc");
  expect(reasonWords({ ...BASE, progress: { phase: "copying", current: 3 } })).toBe("copying 3");
  expect(reasonWords({ ...BASE, cancelRequested: true })).toBe("stopping");
  expect(reasonWords({ ...BASE, status: "blocked", reason: "busy: disk is still running there", progress })).toBe(
    "busy: disk is still running there",
  );
  expect(reasonWords(BASE)).toBe("");
});

test("a filter finds a run by anything that its row shows", () => {
  const found = (filter: string) => matchesWords(BASE, ["web-1"], filter);
  for (const filter of ["", "stream", "WEB-1", "running", "maria", "seconds=10", "web plain"])
    expect(found(filter)).toBe(true);
  expect(found("web-2")).toBe(false);
  expect(found("stream failed")).toBe(false);
  expect(argWords(BASE.args)).toBe("seconds=10 style=plain");
});

test("a word with the name of a field is about that field alone, and means the whole of it", () => {
  const found = (filter: string) => matchesWords(BASE, ["web-1"], filter);

  for (const filter of ["status:running", "op:stream by:maria", "host:h1 web"])
    expect([filter, found(filter)]).toEqual([filter, true]);
  for (const filter of ["status:failed", "op:str", "host:web-1", "by:maria db"])
    expect([filter, found(filter)]).toEqual([filter, false]);
});
