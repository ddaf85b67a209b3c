import type { Command } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { commandsAt, hasLeft, holdPast } from "./whole-run.ts";

function command(id: string, status: Command["status"]): Command {
  const whole = { op: "disk", args: {}, requestedBy: "admin", outputBytes: 0, createdAt: "2026-01-01T00:00:00.000Z" };
  return { ...whole, id, host: "web-1", status };
}

test("a page of the history adds what is not known, and takes back no end that was told meanwhile", () => {
  const held = new Map([
    ["a", command("a", "succeeded")],
    ["b", command("b", "running")],
  ]);

  holdPast(held, [command("a", "running"), command("b", "failed"), command("c", "pending")]);

  expect([...held.values()].map(({ id, status }) => `${id} ${status}`)).toEqual([
    "a succeeded",
    "b failed",
    "c pending",
  ]);
});

test("the history is read anew once something that was open has left the live state", () => {
  const [open, ended] = [command("a", "running"), command("b", "failed")];

  expect(hasLeft([open, ended], [open])).toBe(false);
  expect(hasLeft([open, ended], [ended])).toBe(true);
  expect(hasLeft([ended], [])).toBe(false);
});

test("in the past a run is as the state held it then, and what the history tells of later is left out", () => {
  const then = [command("a", "running")];
  const told = { live: then, past: [command("b", "failed")], held: new Map([["a", command("a", "succeeded")]]) };

  const inThePast = commandsAt("past", told);
  const now = commandsAt("live", { ...told, live: [command("a", "succeeded")] });

  expect(inThePast).toEqual(then);
  expect(now.map(({ id, status }) => `${id} ${status}`)).toEqual(["a succeeded", "b failed"]);
});
