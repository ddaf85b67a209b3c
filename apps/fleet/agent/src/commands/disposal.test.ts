import { expect, test } from "vitest";
import { disposalOf, KEEP_MS, KEPT_SPOOL_BYTES } from "./disposal.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Known } from "./known.ts";

const T = "2026-01-01T00:00:00.000Z";
const START = Date.parse(T);
const HOUR = 3_600_000;

function done(commandId: string, more: Partial<JournalEntry> = {}, spooledBytes = 0): Known {
  const job = { argv: ["x"], env: {}, cwd: "/", user: null, timeoutMs: 1, killGraceMs: 1, outputCapBytes: 1 };
  const entry: JournalEntry = {
    commandId,
    op: "x",
    args: {},
    deadline: null,
    instance: "i",
    journaledAt: T,
    claim: "asked",
    settledAt: T,
    settledIn: null,
    job,
    ...more,
  };
  return { entry, runner: "gone", startedAt: T, exit: null, spooledBytes };
}

test("an id is kept until 24 h after its deadline, or its end where that is later", () => {
  const known = [
    done("ended"),
    done("deadline", { deadline: new Date(START + 2 * HOUR).toISOString() }),
    done("refused", { claim: "refused", settledAt: null }),
    done("open", { settledAt: null }),
  ];

  expect(disposalOf(known, START + KEEP_MS).forget).toEqual([]);
  expect([...disposalOf(known, START + KEEP_MS + HOUR).forget].sort()).toEqual(["ended", "refused"]);
  expect([...disposalOf(known, START + KEEP_MS + 3 * HOUR).forget].sort()).toEqual(["deadline", "ended", "refused"]);
});

test("output that the server has is kept up to a limit, newest first; what it doesn't have is never dropped", () => {
  const half = KEPT_SPOOL_BYTES / 2;
  const at = (hours: number) => ({ settledAt: new Date(START + hours * HOUR).toISOString() });

  const known = [
    done("oldest", at(0), 1),
    done("older", at(1), half),
    done("newest", at(2), half),
    done("open", { settledAt: null }, 10 * half),
  ];

  expect(disposalOf(known, START).dropSpool).toEqual(["oldest"]);
});
