/** The command book of a simulated host: what runs there is made up, and ends as its course says. */

import type { Millis } from "@neverstale/base";
import type { CommandBook } from "../commands/command-book.ts";
import type { CommandOutcome, Exit } from "../commands/exit.ts";
import type { JournalEntry } from "../commands/journal-entry.ts";
import type { Known } from "../commands/known.ts";
import type { Course } from "./course.ts";

export interface BookParts {
  readonly courseOf: (op: string) => Course;
  /** It returns ms since 1970. */
  readonly now: () => Millis;
  /** A command begins: this is told before anybody else can know. */
  readonly began: (commandId: string) => void;
  /** The machine goes down in the middle of a command. */
  readonly died: () => void;
}

interface Run {
  readonly beganAt: Millis;
  readonly course: Course;
  hasDied: boolean;
}

export class SimulatedBook implements CommandBook {
  readonly #parts: BookParts;
  readonly #entries = new Map<string, JournalEntry>();
  readonly #runs = new Map<string, Run>();
  readonly #exits = new Map<string, Exit>();

  constructor(parts: BookParts) {
    this.#parts = parts;
  }

  entries(): readonly JournalEntry[] {
    return [...this.#entries.values()];
  }

  write(entry: JournalEntry): void {
    this.#entries.set(entry.commandId, entry);
  }

  look(entry: JournalEntry): Known {
    const { commandId } = entry;
    const run = this.#runs.get(commandId);
    this.#goOn(commandId, run);
    const exit = this.#exits.get(commandId) ?? null;
    const runner =
      run === undefined ? (exit === null ? "none" : "gone") : exit === null && !run.hasDied ? "alive" : "gone";
    const startedAt = run === undefined ? null : new Date(run.beganAt).toISOString();
    return { entry, runner, startedAt, exit, spooledBytes: this.#output(commandId).length };
  }

  #goOn(commandId: string, run: Run | undefined): void {
    if (run === undefined || run.hasDied || this.#exits.has(commandId)) return;
    const { endsAfterMs, end } = run.course;
    if (this.#parts.now() - run.beganAt < endsAfterMs) return;
    if (end === "dies") {
      run.hasDied = true;
      this.#parts.died();
    } else this.#end(commandId, end === "fails" ? "failed" : "succeeded", end === "fails" ? 1 : 0, null);
  }

  start(commandId: string, startBeforeMs: number | null): void {
    if (this.#runs.has(commandId) || this.#exits.has(commandId)) return;
    const entry = this.#entries.get(commandId);
    const now = this.#parts.now();
    if (entry === undefined) return;
    if (startBeforeMs !== null && now >= startBeforeMs)
      return this.endUnstarted(commandId, "expired", "its deadline passed before it could start");
    this.#parts.began(commandId);
    this.#runs.set(commandId, { beganAt: now, course: this.#parts.courseOf(entry.op), hasDied: false });
  }

  stop(commandId: string): void {
    if (this.#exits.has(commandId)) return;
    this.#end(commandId, "cancelled", null, "stopped on request");
  }

  endUnstarted(commandId: string, outcome: CommandOutcome, reason: string): void {
    if (!this.#runs.has(commandId) && !this.#exits.has(commandId)) this.#end(commandId, outcome, null, reason);
  }

  endLost(commandId: string, reason: string): void {
    if (!this.#exits.has(commandId)) this.#end(commandId, "lost", null, reason);
  }

  #end(commandId: string, outcome: CommandOutcome, exitCode: number | null, reason: string | null): void {
    const run = this.#runs.get(commandId);
    const now = this.#parts.now();
    this.#exits.set(commandId, {
      outcome,
      exitCode,
      signal: null,
      reason,
      startedAt: run === undefined ? null : new Date(run.beganAt).toISOString(),
      finishedAt: new Date(now).toISOString(),
      outputBytes: this.#output(commandId).length,
      droppedBytes: 0,
    });
  }

  readOutput(commandId: string, offset: number, limit: number): Uint8Array {
    return this.#output(commandId).subarray(offset, offset + limit);
  }

  #output(commandId: string): Uint8Array {
    const run = this.#runs.get(commandId);
    if (run === undefined) return NOTHING;
    const exit = this.#exits.get(commandId);
    const passedMs = (exit === undefined ? this.#parts.now() : Date.parse(exit.finishedAt)) - run.beganAt;
    const shown = run.course.lines.filter(({ afterMs }) => afterMs <= passedMs);
    return new TextEncoder().encode(shown.map(({ text }) => text).join(""));
  }

  /** Nothing is kept of the output, since it follows from the course. */
  dropSpool(): void {}

  forget(commandId: string): void {
    for (const map of [this.#entries, this.#runs, this.#exits]) map.delete(commandId);
  }
}

const NOTHING = new Uint8Array();
