import { expect, test } from "vitest";
import type { JournalEntry } from "../commands/journal-entry.ts";
import { courseOf, SIMULATED_AGENT_FILE, wrongOp } from "./course.ts";
import { SimulatedBook } from "./simulated-book.ts";
import { SimulatedFile } from "./simulated-file.ts";
import { type Lot, lotsOf, readingOf, simulatedFacts, simulatedName } from "./simulated-host.ts";

const file = new SimulatedFile(SIMULATED_AGENT_FILE);
const courseOn = (lot: Lot, op: string) => courseOf({ host: "web-1", lot, seed: 1, ops: file.ops }, op);
const wrong = wrongOp({ host: "web-1", lot: "fails", seed: 1, ops: file.ops });

function entryOf(op: string): JournalEntry {
  const plan = file.plan({ id: "c1", op, args: {}, status: "assigned" });
  if (!("job" in plan)) throw new Error(plan.refusal);
  const facts = { deadline: null, instance: "run-1", journaledAt: "", settledAt: null, settledIn: null } as const;
  return { commandId: "c1", op, ...plan, ...facts, claim: "asked" };
}

/** A book with one command, on a clock that stands until it is moved. */
function bookWith(lot: Lot, op: string) {
  const told: string[] = [];
  const clock = { now: 1_000_000 };
  const book = new SimulatedBook({
    courseOf: () => courseOn(lot, op),
    now: () => clock.now,
    began: (id) => told.push(`began ${id}`),
    died: () => told.push("died"),
  });
  const entry = entryOf(op);
  book.write(entry);
  const text = () => Buffer.from(book.readOutput("c1", 0, 1_000_000)).toString();
  return { book, clock, told, text, look: () => book.look(entry), lasts: courseOn(lot, op).endsAfterMs };
}

test("the shares of hosts that fail, die and are away are met to the host, and the seed says which they are", () => {
  const lots = lotsOf(1_000, 7, { fails: 0.03, dies: 0.01, away: 0.01 });
  const count = (lot: Lot) => lots.filter((one) => one === lot).length;

  expect([count("fails"), count("dies"), count("away"), count("steady")]).toEqual([30, 10, 10, 950]);
  expect(lotsOf(1_000, 7, { fails: 0.03, dies: 0.01, away: 0.01 })).toEqual(lots);
  expect(lotsOf(1_000, 8, { fails: 0.03, dies: 0.01, away: 0.01 })).not.toEqual(lots);
  expect(lotsOf(2, 1, { fails: 1, dies: 0, away: 0 })).toEqual(["fails", "fails"]);
});

test("each host has a name of its own, and figures of a machine that move without a jump", () => {
  const names = Array.from({ length: 500 }, (_, index) => simulatedName(index, 3));
  expect(new Set(names).size).toBe(500);

  for (const name of names.slice(0, 50)) {
    for (let at = 1.7e12; at < 1.7e12 + 3_600_000; at += 60_000) {
      const [now, soon] = [readingOf(name, 3, at), readingOf(name, 3, at + 1_000)];
      for (const value of [now.cpu, now.ram, now.swap, now.disk]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(100);
      }
      expect(Math.abs((now.cpu ?? 0) - (soon.cpu ?? 0))).toBeLessThan(3);
      expect(now.uptimeS).toBeGreaterThanOrEqual(0);
    }
    expect(simulatedFacts(name, 3, "1.0.0")).toEqual(simulatedFacts(name, 3, "1.0.0"));
  }
});

test("a command prints line by line, and succeeds on a steady host", () => {
  const { book, clock, told, text, look, lasts } = bookWith("steady", "deploy");
  expect(look()).toMatchObject({ runner: "none", exit: null, spooledBytes: 0 });

  book.start("c1", null);
  book.start("c1", null);
  expect(told).toEqual(["began c1"]);
  expect(look()).toMatchObject({ runner: "alive", exit: null });
  const first = text();
  clock.now += lasts / 2;
  expect(text().startsWith(first)).toBe(true);
  expect(text().length).toBeGreaterThan(first.length);
  clock.now += lasts;

  expect(look()).toMatchObject({ runner: "gone", exit: { outcome: "succeeded", exitCode: 0 } });
  expect(look().spooledBytes).toBe(Buffer.byteLength(text()));
  expect(text()).toContain("healthy");
});

test("of the ops of a host that fails one fails, and says so", () => {
  const ends = file.ops.map((op) => courseOn("fails", op).end);
  expect(ends.filter((end) => end === "fails")).toHaveLength(1);

  const { book, clock, look, text, lasts } = bookWith("fails", wrong);
  book.start("c1", null);
  clock.now += lasts;

  expect(look().exit).toMatchObject({ outcome: "failed", exitCode: 1 });
  expect(text()).toContain(`${wrong} failed: exit status 1`);
});

test("a machine that goes down in the middle of a command leaves it without an end, until its agent gives it up", () => {
  const { book, clock, told, look, lasts } = bookWith("dies", wrong);
  book.start("c1", null);
  clock.now += lasts;

  expect(look()).toMatchObject({ runner: "gone", exit: null });
  expect(look().exit).toBeNull();
  expect(told).toEqual(["began c1", "died"]);
  book.endLost("c1", "its machine restarted");
  expect(look().exit).toMatchObject({ outcome: "lost", reason: "its machine restarted" });
});

test("a command that is stopped is cancelled with what it had printed, and one that had not begun never begins", () => {
  const running = bookWith("steady", "update");
  running.book.start("c1", null);
  running.clock.now += running.lasts / 2;
  const printed = running.text();
  running.book.stop("c1");
  running.clock.now += running.lasts;
  expect(running.look().exit).toMatchObject({ outcome: "cancelled" });
  expect(running.text()).toBe(printed);

  const unstarted = bookWith("steady", "update");
  unstarted.book.endUnstarted("c1", "cancelled", "stopped before it started");
  unstarted.book.start("c1", null);
  expect(unstarted.told).toEqual([]);
  expect(unstarted.look()).toMatchObject({ startedAt: null, exit: { outcome: "cancelled" } });

  const late = bookWith("steady", "update");
  late.book.start("c1", late.clock.now);
  expect(late.look().exit).toMatchObject({ outcome: "expired" });
});
