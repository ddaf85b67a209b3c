import type { Command, CommandStatus } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { startedWords } from "./started-words.ts";

const COMMAND: Omit<Command, "id" | "status"> = {
  host: "h1",
  op: "disk",
  args: {},
  requestedBy: "maria",
  createdAt: "2026-01-01T00:00:00.000Z",
  outputBytes: 0,
};

function wordsOf(...statuses: readonly (CommandStatus | "gone")[]) {
  const commandIds = statuses.map((_, index) => `c${index}`);
  const commandOf = (id: string) => {
    const status = statuses[Number(id.slice(1))];
    return status === undefined || status === "gone" ? undefined : { ...COMMAND, id, status };
  };
  const { sentence, ended } = startedWords({ title: "Free space", commandIds }, commandOf);
  return [sentence, ended];
}

test("what was started says what is true of it now, and that it has ended when all of it has", () => {
  expect(wordsOf("pending", "running")).toEqual(["Free space waits to begin on 1 host, is running on 1 host.", false]);
  expect(wordsOf("running", "succeeded")).toEqual(["Free space is running on 1 host, has succeeded on 1 host.", false]);
  expect(wordsOf("succeeded")).toEqual(["Free space has succeeded on 1 host.", true]);
  expect(wordsOf("succeeded", "failed", "timed_out")).toEqual([
    "Free space has succeeded on 1 host, has not succeeded on 2 hosts.",
    true,
  ]);
});

test("a command that has left the live state is not said to have succeeded", () => {
  expect(wordsOf("gone")).toEqual(["Free space has not succeeded on 1 host.", true]);
});
