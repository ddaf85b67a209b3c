import { expect, test } from "vitest";
import { failureWords, opOutcome, problemWords } from "./dispatch-outcome.ts";

const pending = (id: string) => ({ id, host: `host-${id}`, status: "pending", reason: null });
const blocked = (id: string, reason: string | null) => ({ id, host: `host-${id}`, status: "blocked", reason });
const nameOf = (hostId: string) => hostId.toUpperCase();

test("what was started is told with its commands, and what was not with the first reason", () => {
  const commands = [pending("c1"), blocked("c2", "host_busy: disk is still running there"), blocked("c3", null)];

  expect(opOutcome("Free space", { commands, runId: "r1" }, nameOf)).toEqual({
    outcome: {
      kind: "started",
      started: { title: "Free space", commandIds: ["c1"] },
      sentence: "Not started on HOST-C2 and 1 other: disk is still running there.",
    },
    commandIds: ["c1"],
    runId: "r1",
    pipelineId: null,
  });
});

test("when nothing was started, it was refused", () => {
  const { outcome, commandIds } = opOutcome("Free space", { commands: [blocked("c1", null)], runId: "r1" }, nameOf);

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

test("what moved on the way is told as that, in the words of the server", () => {
  const document = { moved: [{ collection: "hosts", id: "web-1", fields: ["online"] }] };
  const problem = { status: 409, title: "", detail: "1 of 2 moved: web-1 is offline", hint: "Nothing was done." };
  const words = (code: string, whole: object) => problemWords({ ...problem, code, document: { ...whole } });

  expect(words("precondition_failed", document)).toEqual({
    kind: "moved",
    sentence: "1 of 2 moved: web-1 is offline.",
  });
  expect(words("precondition_failed", {}).kind).toBe("refused");
  expect(words("forbidden", document).kind).toBe("refused");
});
