import { setTimeout as delay } from "node:timers/promises";
import type { AgentReport, ReportsAnswer } from "@neverstale/fleet-domain";
import type { Logger } from "pino";
import type { JournalEntry } from "../commands/job.ts";
import { composeBatch, type Reportable } from "../commands/reports.ts";
import { retryDelayMs } from "../connection/backoff.ts";
import type { ClockReading } from "../connection/server-clock.ts";
import { Bell } from "./bell.ts";
import { Gauges } from "./machine.ts";
import type { ServerApi } from "./server-api.ts";

/** How often the figures of the machine are told. */
const HEARTBEAT_MS = 1_500;
/** Reports are at least this far apart, so that a talkative command is told in pieces of some size. */
const REPORT_GAP_MS = 50;

/** What there is to tell, and who hears what the server said to it. */
export interface ReporterParts {
  readonly api: ServerApi;
  readonly log: Logger;
  /** This run of the agent. */
  readonly instance: string;
  /** As it is now. */
  readonly sight: () => Pick<Reportable, "known" | "refusals" | "tellAgain">;
  readonly readOutput: Reportable["readOutput"];
  readonly hello: () => AgentReport;
  readonly onClock: (clock: ClockReading) => void;
  /**
   * `settled`: the server has this end and all of the output, since the moment `settledIn` of its history; if not, it
   * wants what this agent has. True: that is news.
   */
  readonly onEnd: (commandId: string, settledIn: JournalEntry["settledIn"], settled: boolean) => boolean;
  /** `before`: whether it was accepted earlier in this run. */
  readonly onNotAccepted: (before: boolean) => void;
}

/** Tells the server, one batch after the other, each until it has been taken. */
export class Reporter {
  readonly #parts: ReporterParts;
  readonly #gauges = new Gauges();
  readonly #bell = new Bell();
  /** The offset the server expects next, by command. */
  readonly #received = new Map<string, number>();
  #running = true;
  #wasAccepted = false;
  #seq = 0;
  #helloDue = true;
  /** What the server was told last of what this agent is, as text. */
  #told: string | null = null;
  #heartbeatAt = 0;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  async run(): Promise<void> {
    while (this.#running) {
      const moreToTell = await this.#report();
      if (!this.#running) return;
      if (!moreToTell) await this.#bell.wait(Math.max(0, this.#heartbeatAt - performance.now()));
      await delay(REPORT_GAP_MS, undefined, { ref: false });
    }
  }

  stop(): void {
    this.#running = false;
    this.#bell.ring();
  }

  /** There is news. */
  ring(): void {
    this.#bell.ring();
  }

  /** What the agent is or allows has changed. */
  helloAgain(): void {
    this.#helloDue = true;
    this.#heartbeatAt = 0;
    this.#bell.ring();
  }

  /** Whether there is more to tell at once. */
  async #report(): Promise<boolean> {
    const { reports, more } = this.#compose();
    if (reports.length === 0) return false;
    const [hello] = reports.filter((report) => report.type === "hello");
    if (hello !== undefined) this.#helloDue = false;
    this.#seq += 1;
    const answer = await this.#deliver(reports);
    if (answer === null) {
      this.#helloDue ||= hello !== undefined;
      return false;
    }
    if (hello !== undefined) this.#told = withoutTimes(hello);
    return this.#take(reports, answer) && (more || reports.some((report) => report.type === "output"));
  }

  #compose(): ReturnType<typeof composeBatch> {
    const isHeartbeat = performance.now() >= this.#heartbeatAt;
    if (isHeartbeat) this.#heartbeatAt = performance.now() + HEARTBEAT_MS;
    const { known, refusals, tellAgain } = this.#parts.sight();
    const hello = this.#helloDue || isHeartbeat ? this.#parts.hello() : null; // Machines are renamed while they run.
    const isNews = this.#helloDue || (hello !== null && withoutTimes(hello) !== this.#told);
    return composeBatch({
      first: [
        ...(hello !== null && isNews ? [hello] : []),
        ...(isHeartbeat ? [{ type: "metrics" as const, ...this.#gauges.read() }] : []),
      ],
      stateDue: isHeartbeat,
      known,
      refusals: isHeartbeat ? refusals : [],
      received: this.#received,
      tellAgain: isHeartbeat ? tellAgain : NONE,
      readOutput: this.#parts.readOutput,
      now: new Date().toISOString(),
    });
  }

  /** The same batch until the server has it. Null: the server can't take it, or the agent is stopped. */
  async #deliver(reports: readonly AgentReport[]): Promise<ReportsAnswer | null> {
    const { api, log, instance, onClock, onNotAccepted } = this.#parts;
    for (let attempt = 1; this.#running; attempt += 1) {
      const result = await api.report({ instance, seq: this.#seq, reports: [...reports] });
      switch (result.type) {
        case "ok":
          this.#wasAccepted = true;
          if (result.clock !== null) onClock(result.clock);
          return result.answer;
        case "not_accepted":
          onNotAccepted(this.#wasAccepted);
          return null;
        case "refused":
          log.error({ answer: result.message }, "reports refused");
          return null;
        case "unanswered":
          log.warn({ answer: result.message, attempt }, "reports not answered");
          await delay(Math.max(result.retryAfterMs, retryDelayMs(attempt, Math.random())), undefined, { ref: false });
      }
    }
    return null;
  }

  /** Whether the answer moved anything. */
  #take(reports: readonly AgentReport[], answer: ReportsAnswer): boolean {
    let moved = false;
    for (const [commandId, bytes] of Object.entries(answer.received)) {
      moved ||= this.#received.get(commandId) !== bytes;
      this.#received.set(commandId, bytes);
    }
    const settled = new Set(answer.finished);
    for (const report of reports) {
      if (report.type !== "finished") continue;
      const isSettled = settled.has(report.commandId);
      const settledIn = isSettled ? (answer.settled ?? null) : null;
      const isNews = this.#parts.onEnd(report.commandId, settledIn, isSettled);
      if (isNews) this.#received.delete(report.commandId);
      moved ||= isNews;
    }
    return moved;
  }
}

/** When something was looked at is no news. */
function withoutTimes(hello: AgentReport): string {
  return JSON.stringify(hello, (key, value: unknown) => (key === "checkedAt" ? undefined : value));
}

const NONE: ReadonlySet<string> = new Set();
