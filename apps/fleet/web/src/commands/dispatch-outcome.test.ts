import { expect, test } from "vitest";
import { failureWords, opOutcome } from "./dispatch-outcome.ts";

const pending = (id: string) => ({ id, host: `host-${id}`, status: "pending", reason: null });
const blocked = (id: string, reason: string | null) => ({ id, host: `host-${id}`, status: "blocked", reason });
const nameOf = (hostId: string) => hostId.toUpperCase();

test("what was started is told with its commands, and what was not with the first reason", () => {
  const commands = [pending("c1"), blocked("c2", "host_busy: disk is still running there"), blocked("c3", null)];

  expect(opOutcome("Free space", commands, nameOf)).toEqual({
    outcome: {
      kind: "started",
      started: { title: "Free space", commandIds: ["c1"] },
      sentence: "Not started on HOST-C2 and 1 other: disk is still running there.",
    },
    commandIds: ["c1"],
    pipelineId: null,
  });
});

test("when nothing was started, it was refused", () => {
  const { outcome, commandIds } = opOutcome("Free space", [blocked("c1", null)], nameOf);

  expect(commandIds).toEqual([]);
  expect(outcome).toEqual({
    kind: "refused",
    sentence: "Free space was not started. Not started on HOST-C1: no reason given.",
  });
});

test("an answer that never came is unknown, any other failure is told in its own words", () => {
  const lost = Object.assign(new Error("no answer came"), { code: "unreachable" });

  expect(failureWords(lost).kind).toBe("unknown");
  expect(failureWords(new Error("the form is wrong"))).toEqual({ kind: "refused", sentence: "The form is wrong." });
});
