import { randomUUID } from "node:crypto";
import * as os from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentReport } from "@neverstale/fleet-domain";
import type { Logger } from "pino";
import { cutChunks } from "../commands/chunks.ts";
import { type Action, decide, isOpen, refusals, type View } from "../commands/decide.ts";
import type { Follower } from "../commands/follow.ts";
import { isFileSafe } from "../commands/io/command-files.ts";
import type { Journal } from "../commands/io/journal.ts";
import { readSpool } from "../commands/io/spool.ts";
import type { JournalEntry } from "../commands/job.ts";
import type { Known } from "../commands/known.ts";
import { retention } from "../commands/retention.ts";
import { retryDelayMs } from "../connection/backoff.ts";
import { type ClockReading, serverTime } from "../connection/server-clock.ts";
import type { HostFile } from "../policy/io/host-file.ts";
import { Bell } from "./bell.ts";
import { Reporter, type ReporterParts } from "./reporter.ts";
import { localTime, type ServerApi } from "./server-api.ts";
import { AGENT_VERSION } from "./version.ts";

/** How often a command that is open is looked at, and everything else. */
const BUSY_LOOK_MS = 100;
const IDLE_LOOK_MS = 1_000;
/** A runner that hasn't shown up by then is started again; only one of them will run. */
const RUNNER_START_MS = 10_000;
const TRY_AGAIN_MS = 5_000;
const CLEAN_UP_MS = 60_000;

/** `not_accepted`: the server has refused the credential from the first request on; `revoked`: it accepted it before. */
export type AgentEnd = "stopped" | "not_accepted" | "revoked";

export interface AgentParts {
  readonly api: ServerApi;
  readonly journal: Journal;
  readonly hostFile: HostFile;
  readonly follower: Follower;
  readonly log: Logger;
}

/** Carries out what `decide` says and tells the server what is. Decides nothing itself. */
export class Agent {
  readonly #parts: AgentParts;
  readonly #instance = randomUUID();
  readonly #lookBell = new Bell();
  readonly #reporter: Reporter;
  readonly #ended = Promise.withResolvers<AgentEnd>();
  #running = true;

  #clock: ClockReading | null = null;
  #known: readonly Known[] = [];
  /** Looks at commands that are done: they don't change by themselves. */
  readonly #done = new Map<string, Known>();
  readonly #granted = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #starting = new Set<string>();
  readonly #stopped = new Set<string>();
  #tellAgain = new Set<string>();
  #epoch: string | null = null;

  #cleanUpAt = 0;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#reporter = new Reporter({
      api: parts.api,
      log: parts.log,
      instance: this.#instance,
      sight: this.#sight,
      readOutput: this.#readOutput,
      hello: this.#hello,
      onClock: (clock) => {
        this.#clock = clock;
      },
      onEnd: this.#takeEnd,
      onNotAccepted: (before) => this.stop(before ? "revoked" : "not_accepted"),
    });
  }

  /** Works until it is stopped, or until the server doesn't accept it any more. Commands that run go on. */
  async run(): Promise<AgentEnd> {
    const loops = [this.#lookAgainAndAgain(), this.#reporter.run()];
    for (const loop of loops) loop.catch((error) => this.#ended.reject(error));
    const why = await this.#ended.promise;
    await Promise.race([Promise.all(loops), delay(2_000, undefined, { ref: false })]);
    return why;
  }

  stop(why: AgentEnd): void {
    this.#running = false;
    this.#ended.resolve(why);
    this.#lookBell.ring();
    this.#reporter.stop();
  }

  /** The agent's space may have changed. */
  look(): void {
    this.#lookBell.ring();
  }

  /** Reads the host's file again and tells the server what it allows now. */
  reload(): void {
    const { hostFile, log } = this.#parts;
    hostFile.reload();
    const { path: agentFile, problem } = hostFile;
    if (problem === null) log.info({ agentFile }, "agent.yaml read again");
    else log.error({ agentFile, problem }, "agent.yaml can't be used: what was read before still counts");
    this.#lookBell.ring();
    this.#reporter.helloAgain();
  }

  // --- looking and acting

  async #lookAgainAndAgain(): Promise<void> {
    while (this.#running) {
      this.#actOnWhatIs();
      await this.#lookBell.wait(this.#known.some(isOpen) ? BUSY_LOOK_MS : IDLE_LOOK_MS);
    }
  }

  #actOnWhatIs(): void {
    let journaled: boolean;
    do {
      this.#lookAtCommands();
      const actions = decide(this.#view());
      journaled = actions.filter((action) => this.#perform(action)).some((action) => action.type === "journal");
    } while (journaled); // What is journaled is claimed in the same turn.
    this.#noticeEpoch();
    if (performance.now() >= this.#cleanUpAt) this.#cleanUp();
  }

  #view(): View {
    return {
      assignments: this.#parts.follower.assignments,
      known: this.#known,
      granted: this.#granted,
      waiting: this.#waiting,
      starting: this.#starting,
      stopped: this.#stopped,
      serverMs: serverTime(this.#clock, localTime()),
      plan: this.#plan,
    };
  }

  readonly #plan: View["plan"] = (assignment) =>
    isFileSafe(assignment.id)
      ? this.#parts.hostFile.plan(assignment)
      : { refusal: "its id can't be used on this host" };

  #lookAtCommands(): void {
    const before = this.#known;
    this.#known = this.#parts.journal.entries().map((entry) => this.#done.get(entry.commandId) ?? this.#lookAt(entry));
    if (this.#known.some((known, index) => hasNews(before[index], known))) this.#reporter.ring();
  }

  #lookAt(entry: JournalEntry): Known {
    const known = this.#parts.journal.look(entry);
    if (!isOpen(known)) this.#done.set(entry.commandId, known);
    return known;
  }

  /** False: this machine didn't let it (a full disk); it is tried again after a while. */
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
      this.#lookBell.ring();
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
      instance: this.#instance,
      journaledAt: new Date().toISOString(),
      claim: "asked",
      settledAt: null,
      settledIn: null,
      job,
    };
  }

  /** Asks until there is an answer: only a 200 lets it start. */
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
      await delay(Math.max(result.retryAfterMs, retryDelayMs(attempt, Math.random())), undefined, { ref: false });
    }
    this.#waiting.delete(commandId);
    this.#lookBell.ring();
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
    const { epoch } = this.#parts.follower;
    if (epoch === this.#epoch) return;
    this.#epoch = epoch;
    this.#tellAgain = new Set(
      [...this.#done.values()].filter((known) => known.entry.settledAt !== null).map((known) => known.entry.commandId),
    );
  }

  #cleanUp(): void {
    this.#cleanUpAt = performance.now() + CLEAN_UP_MS;
    const { forget, dropSpool } = retention(this.#known, Date.now());
    for (const commandId of [...forget, ...dropSpool]) this.#done.delete(commandId);
    for (const commandId of dropSpool) this.#parts.journal.dropSpool(commandId);
    for (const commandId of forget) this.#parts.journal.forget(commandId);
  }

  /** What a full disk doesn't take is asked or told again: the server's answer will be the same. */
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

  // --- telling

  readonly #sight = () => ({ known: this.#known, refusals: refusals(this.#view()), tellAgain: this.#tellAgain });

  readonly #takeEnd: ReporterParts["onEnd"] = (commandId, settledIn, settled) => {
    const entry = this.#entry(commandId);
    this.#tellAgain.delete(commandId);
    if (entry === undefined || settled === (entry.settledAt !== null)) return false;
    this.#keep({ ...entry, settledAt: settled ? new Date().toISOString() : null, settledIn });
    this.#done.delete(commandId);
    this.#granted.delete(commandId);
    this.#stopped.delete(commandId);
    this.#lookBell.ring();
    return true;
  };

  readonly #readOutput = (known: Known, offset: number, limitBytes: number) => {
    if (offset >= known.spooledBytes) return [];
    const bytes = readSpool(this.#parts.journal.spoolOf(known.entry.commandId), offset, limitBytes);
    const isEnd = known.exit !== null && offset + bytes.length >= known.spooledBytes;
    return cutChunks(bytes, offset, isEnd);
  };

  readonly #hello = (): AgentReport => {
    const { hostFile } = this.#parts;
    const { path, problem } = hostFile;
    const check = {
      status: problem === null ? "ok" : "error",
      message: (problem ?? path).slice(0, 500),
      checkedAt: new Date().toISOString(),
    } as const;
    const machine = {
      hostname: os.hostname(),
      os: `${os.type()} ${os.release()}`,
      arch: os.arch(),
      agentVersion: AGENT_VERSION,
    };
    return { type: "hello", ...machine, ops: hostFile.offers(), checks: { "agent-file": check } };
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hasNews(before: Known | undefined, now: Known): boolean {
  if (!isOpen(now)) return false;
  const isSame = before?.entry.commandId === now.entry.commandId && before.spooledBytes === now.spooledBytes;
  return !isSame || (before.exit === null) !== (now.exit === null);
}
