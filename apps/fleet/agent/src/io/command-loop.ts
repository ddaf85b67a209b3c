/** The command loop looks at the commands of this host again and again, and carries out what `decide` says. */

import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { cutChunks } from "../commands/chunks.ts";
import type { CommandBook } from "../commands/command-book.ts";
import { type Action, decide, refusals, type Situation } from "../commands/decide.ts";
import { disposalOf } from "../commands/disposal.ts";
import { isFileSafe } from "../commands/io/command-files.ts";
import type { JournalEntry } from "../commands/journal-entry.ts";
import { isOpen, type Known } from "../commands/known.ts";
import type { AssignmentReplica } from "../connection/assignment-replica.ts";
import { waitAfter } from "../connection/backoff.ts";
import { Bell } from "../connection/io/bell.ts";
import type { ReporterParts } from "../connection/io/reporter.ts";
import { localTime, type ServerApi } from "../connection/io/server-api.ts";
import { type ClockReading, serverTime } from "../connection/server-clock.ts";

/** A command that is open is looked at this often. */
const BUSY_LOOK_MS = 100;
/** Everything is looked at this often while no command is open. */
const IDLE_LOOK_MS = 1_000;
/** A runner that hasn't shown up by then is started again. Only one of them will run. */
const RUNNER_START_MS = 10_000;
const TRY_AGAIN_MS = 5_000;
const CLEAN_UP_MS = 60_000;

export interface CommandLoopParts {
  readonly api: Pick<ServerApi, "claim">;
  readonly journal: CommandBook;
  readonly replica: AssignmentReplica;
  readonly plan: Situation["plan"];
  readonly log: Logger;
  /** This names the run of the agent: each start has another. */
  readonly instance: string;
  /** This is called when there is something to tell the server. */
  readonly onNews: () => void;
}

export class CommandLoop {
  readonly #parts: CommandLoopParts;
  readonly #bell = new Bell();
  #running = true;

  #clock: ClockReading | null = null;
  #known: readonly Known[] = [];
  /** Commands that are done don't change by themselves: the last look at them is kept. */
  readonly #done = new Map<string, Known>();
  readonly #granted = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #starting = new Set<string>();
  readonly #stopped = new Set<string>();
  #tellAgain = new Set<string>();
  #epoch: string | null = null;

  #cleanUpAt = 0;

  constructor(parts: CommandLoopParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    while (this.#running) {
      this.#actOnWhatIs();
      await this.#bell.wait(this.#known.some(isOpen) ? BUSY_LOOK_MS : IDLE_LOOK_MS);
    }
  }

  stop(): void {
    this.#running = false;
    this.#bell.ring();
  }

  /** Asks for a look at once. */
  look(): void {
    this.#bell.ring();
  }

  // --- what the reporter tells, and what it hears

  readonly sight: ReporterParts["sight"] = () => ({
    known: this.#known,
    refusals: refusals(this.#situation()),
    tellAgain: this.#tellAgain,
  });

  readonly readOutput: ReporterParts["readOutput"] = (known, offset, limitBytes) => {
    if (offset >= known.spooledBytes) return [];
    const bytes = this.#parts.journal.readOutput(known.entry.commandId, offset, limitBytes);
    const isEnd = known.exit !== null && offset + bytes.length >= known.spooledBytes;
    return cutChunks(bytes, offset, isEnd);
  };

  readonly noteClock: ReporterParts["onClock"] = (clock) => {
    this.#clock = clock;
  };

  readonly noteEnd: ReporterParts["onEnd"] = (commandId, settledIn, settled) => {
    const entry = this.#entry(commandId);
    this.#tellAgain.delete(commandId);
    if (entry === undefined || settled === (entry.settledAt !== null)) return false;
    this.#keep({ ...entry, settledAt: settled ? new Date().toISOString() : null, settledIn });
    this.#done.delete(commandId);
    this.#granted.delete(commandId);
    this.#stopped.delete(commandId);
    this.#bell.ring();
    return true;
  };

  // --- looking and acting

  #actOnWhatIs(): void {
    let journaled: boolean;
    do {
      this.#lookAtCommands();
      const actions = decide(this.#situation());
      journaled = actions.filter((action) => this.#perform(action)).some((action) => action.type === "journal");
    } while (journaled); // A command that was journaled is claimed in the same pass.
    this.#noticeEpoch();
    if (performance.now() >= this.#cleanUpAt) this.#cleanUp();
  }

  #situation(): Situation {
    return {
      assignments: this.#parts.replica.assignments,
      known: this.#known,
      granted: this.#granted,
      waiting: this.#waiting,
      starting: this.#starting,
      stopped: this.#stopped,
      serverMs: serverTime(this.#clock, localTime()),
      plan: this.#plan,
    };
  }

  readonly #plan: Situation["plan"] = (assignment) =>
    isFileSafe(assignment.id) ? this.#parts.plan(assignment) : { refusal: "its id can't be used on this host" };

  #lookAtCommands(): void {
    const before = this.#known;
    this.#known = this.#parts.journal.entries().map((entry) => this.#done.get(entry.commandId) ?? this.#lookAt(entry));
    if (this.#known.some((known, index) => hasNews(before[index], known))) this.#parts.onNews();
  }

  #lookAt(entry: JournalEntry): Known {
    const known = this.#parts.journal.look(entry);
    if (!isOpen(known)) this.#done.set(entry.commandId, known);
    return known;
  }

  /** False means that this machine didn't let it, as with a full disk. It is tried again after a while. */
  #perform(action: Action): boolean {
    const commandId = action.type === "journal" ? action.assignment.id : action.commandId;
    try {
      this.#carryOut(action, commandId);
      this.#parts.log.info({ commandId, action: action.type }, "command");
      return true;
    } catch (error) {
      this.#parts.log.error({ commandId, action: action.type, error: messageOf(error) }, "command");
      this.#keepFor(TRY_AGAIN_MS, this.#waiting, commandId);
      return false;
    }
  }

  #carryOut(action: Action, commandId: string): void {
    const { journal } = this.#parts;
    switch (action.type) {
      case "journal":
        return journal.write(this.#newEntry(action));
      case "claim":
        return void this.#claim(commandId);
      case "start":
        return this.#start(commandId, action.withinMs);
      case "stop":
        journal.stop(commandId);
        return void this.#stopped.add(commandId);
      case "end_unstarted":
        return journal.endUnstarted(commandId, action.outcome, action.reason);
      case "end_lost":
        return journal.endLost(commandId, action.reason);
    }
  }

  #keepFor(ms: number, set: Set<string>, commandId: string): void {
    set.add(commandId);
    const again = () => {
      set.delete(commandId);
      this.#bell.ring();
    };
    setTimeout(again, ms).unref();
  }

  #newEntry({ assignment, args, job }: Extract<Action, { type: "journal" }>): JournalEntry {
    const { id: commandId, op, deadline = null } = assignment;
    return {
      commandId,
      op,
      args,
      deadline,
      instance: this.#parts.instance,
      journaledAt: new Date().toISOString(),
      claim: "asked",
      settledAt: null,
      settledIn: null,
      job,
    };
  }

  /** Asks until there is an answer. Only a 200 lets the command start. */
  async #claim(commandId: string): Promise<void> {
    const entry = this.#entry(commandId);
    if (entry === undefined) return;
    this.#waiting.add(commandId);
    for (let attempt = 1; this.#running; attempt += 1) {
      const result = await this.#parts.api.claim({ commandId, instance: entry.instance });
      if (result.type === "ok") this.#grant(commandId, result.clock);
      else if (result.type === "refused") this.#refuse(entry, result.message);
      else if (result.type === "not_accepted") await delay(TRY_AGAIN_MS, undefined, { ref: false }); // The answer to the reports says what follows.
      if (result.type !== "unanswered") break;
      this.#parts.log.warn({ commandId, answer: result.message }, "claim not answered");
      const waitMs = waitAfter(result, attempt, Math.random());
      await delay(waitMs, undefined, { ref: false });
    }
    this.#waiting.delete(commandId);
    this.#bell.ring();
  }

  #grant(commandId: string, clock: ClockReading | null): void {
    this.#clock = clock ?? this.#clock;
    this.#granted.add(commandId);
  }

  #refuse(entry: JournalEntry, message: string): void {
    this.#parts.log.warn({ commandId: entry.commandId, answer: message }, "claim refused");
    this.#keep({ ...entry, claim: "refused" });
  }

  #start(commandId: string, withinMs: number | null): void {
    const { journal, log } = this.#parts;
    this.#keepFor(RUNNER_START_MS, this.#starting, commandId);
    const startBeforeMs = withinMs === null ? null : Date.now() + withinMs;
    journal.start(commandId, startBeforeMs, (error) => log.error({ commandId, error: error.message }, "no runner"));
  }

  /** A new epoch may be the first after a restore: what was settled may be unknown there. */
  #noticeEpoch(): void {
    const { epoch } = this.#parts.replica;
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#tellAgain = new Set(
      [...this.#done.values()].filter((known) => known.entry.settledAt !== null).map((known) => known.entry.commandId),
    );
  }

  #cleanUp(): void {
    this.#cleanUpAt = performance.now() + CLEAN_UP_MS;
    const { forget, dropSpool } = disposalOf(this.#known, Date.now());
    for (const commandId of [...forget, ...dropSpool]) this.#done.delete(commandId);
    for (const commandId of dropSpool) this.#parts.journal.dropSpool(commandId);
    for (const commandId of forget) this.#parts.journal.forget(commandId);
  }

  /** An entry that a full disk doesn't accept is asked or told again: the server's answer will be the same. */
  #keep(entry: JournalEntry): void {
    try {
      this.#parts.journal.write(entry);
    } catch (error) {
      this.#parts.log.error({ commandId: entry.commandId, error: messageOf(error) }, "journal");
    }
  }

  #entry(commandId: string): JournalEntry | undefined {
    return this.#parts.journal.entries().find((entry) => entry.commandId === commandId);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hasNews(before: Known | undefined, now: Known): boolean {
  if (!isOpen(now)) return false;
  const isSame = before?.entry.commandId === now.entry.commandId && before.spooledBytes === now.spooledBytes;
  return !isSame || (before.exit === null) !== (now.exit === null);
}
