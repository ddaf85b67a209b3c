/** The check loop makes the checks of `agent.yaml`, each by a runner of its own, as commands are run. */

import { randomUUID } from "node:crypto";
import type { AgentReport } from "@neverstale/fleet-domain";
import type { Logger } from "pino";
import type { CommandBook } from "../../commands/command-book.ts";
import type { Known } from "../../commands/known.ts";
import { Bell } from "../../connection/io/bell.ts";
import { localTime } from "../../connection/io/server-api.ts";
import { type ClockReading, serverTime } from "../../connection/server-clock.ts";
import type { Plan } from "../../policy/plan.ts";
import { type CheckStates, checksReport, dueChecks, type KnownCheck, resultOf, statesFor } from "../check-state.ts";

const BUSY_LOOK_MS = 200;
const IDLE_LOOK_MS = 1_000;
/** A runner that hasn't shown up by then will not. */
const RUNNER_START_MS = 10_000;

export interface CheckLoopParts {
  /** It is for checks alone: no command of the server is in it. */
  readonly book: CommandBook;
  readonly file: CheckSource;
  readonly log: Logger;
}

export interface CheckSource {
  checks(): readonly KnownCheck[];
  readonly planCheck: (name: string, id: string) => Plan;
}

export class CheckLoop {
  readonly #parts: CheckLoopParts;
  readonly #bell = new Bell();
  /** These were asked to end, since nobody waits for them: an agent before this one began them, or the file names them no more. */
  readonly #stopped = new Set<string>();
  #running = true;
  #states: CheckStates = new Map();
  #checks: readonly KnownCheck[] = [];
  #clock: ClockReading | null = null;
  /** There is something that the server has not been told. */
  #hasNews = true;

  constructor(parts: CheckLoopParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    while (this.#running) {
      try {
        this.#look();
      } catch (error) {
        // A disk that is full, as a rule. What is known grows older meanwhile, and says so.
        this.#parts.log.error({ error: error instanceof Error ? error.message : String(error) }, "checks");
      }
      const busy = this.#parts.book.entries().length > 0;
      await this.#bell.wait(busy ? BUSY_LOOK_MS : IDLE_LOOK_MS);
    }
  }

  stop(): void {
    this.#running = false;
    this.#bell.ring();
  }

  readonly noteClock = (clock: ClockReading): void => {
    this.#clock = clock;
  };

  /** Returns what is to be told, or null. A report that the server did not take is asked for again by `tellAgain`. */
  readonly report = (): AgentReport | null => {
    const now = localTime();
    const serverMs = serverTime(this.#clock, now);
    if (!this.#hasNews || serverMs === null) return null;
    this.#hasNews = false;
    return checksReport(this.#checks, this.#states, now, serverMs);
  };

  readonly tellAgain = (): void => {
    this.#hasNews = true;
  };

  #look(): void {
    this.#takeChecks();
    for (const entry of this.#parts.book.entries()) this.#follow(this.#parts.book.look(entry));
    for (const check of dueChecks(this.#checks, this.#states, localTime())) this.#begin(check);
  }

  #takeChecks(): void {
    const checks = this.#parts.file.checks();
    if (checks === this.#checks) return;
    this.#checks = checks;
    this.#states = statesFor(checks, this.#states);
    this.#hasNews = true;
  }

  #begin(check: KnownCheck): void {
    const { book, file, log } = this.#parts;
    const id = `check-${check.name}-${randomUUID()}`;
    const plan = file.planCheck(check.name, id);
    const now = localTime();
    if ("refusal" in plan)
      return this.#end(check, { status: "unknown", message: plan.refusal, begunAt: now, endedAt: now });
    const journaledAt = new Date().toISOString();
    const settled = { claim: "asked", deadline: null, settledAt: null, settledIn: null } as const;
    book.write({ commandId: id, op: check.name, args: {}, instance: "", journaledAt, ...settled, job: plan.job });
    book.start(id, Date.now() + RUNNER_START_MS, (error) =>
      log.error({ check: check.name, error: error.message }, "no runner"),
    );
    this.#keep(check, { running: { id, begunAt: now } });
  }

  #follow(known: Known): void {
    const { entry, exit, runner } = known;
    const { commandId: id, op } = entry;
    const { book } = this.#parts;
    const running = this.#states.get(op)?.running;
    const check = running?.id === id ? this.#checks.find(({ name }) => name === op) : undefined;
    if (exit !== null) {
      if (check !== undefined && running != null) {
        const output = new TextDecoder().decode(book.readOutput(id, 0, known.spooledBytes));
        this.#end(check, resultOf(check, exit, output, { begunAt: running.begunAt, endedAt: localTime() }));
      }
      this.#stopped.delete(id);
      return book.forget(id);
    }
    if (runner === "gone") return book.endLost(id, "its runner went without a word");
    if (runner === "none" && (check === undefined || isOverdue(entry.journaledAt)))
      return book.endUnstarted(id, "expired", "no runner came up for it");
    if (check !== undefined || this.#stopped.has(id)) return;
    this.#stopped.add(id);
    book.stop(id);
  }

  #end(check: KnownCheck, result: NonNullable<ReturnType<CheckStates["get"]>>["result"]): void {
    this.#keep(check, { running: null, result });
    this.#hasNews = true;
  }

  #keep({ name, definition }: KnownCheck, more: Partial<NonNullable<ReturnType<CheckStates["get"]>>>): void {
    const before = this.#states.get(name) ?? { definition, running: null, result: null };
    this.#states = new Map(this.#states).set(name, { ...before, ...more });
  }
}

/** A clock that was set back leaves it to the next look. */
function isOverdue(journaledAt: string): boolean {
  return Math.abs(Date.now() - Date.parse(journaledAt)) > RUNNER_START_MS;
}
