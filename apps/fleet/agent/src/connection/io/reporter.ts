/** The reporter tells the server what there is, one batch after the other, each until the server has accepted it. */

import { setTimeout as delay } from "node:timers/promises";
import type { Millis } from "@neverstale/base";
import type { AgentReport, HostReading, ReportsAnswer } from "@neverstale/fleet-domain";
import type { Logger } from "pino";
import type { JournalEntry } from "../../commands/journal-entry.ts";
import { composeBatch, type Reportable } from "../../commands/report-batch.ts";
import { waitAfter } from "../backoff.ts";
import type { ClockReading } from "../server-clock.ts";
import { Bell } from "./bell.ts";
import type { CredentialKeeper } from "./credential-keeper.ts";
import type { ServerApi } from "./server-api.ts";

/** Reports are at least this far apart, so that a talkative command is told in pieces of some size. */
const REPORT_GAP_MS = 50;

export class Reporter {
  readonly #parts: ReporterParts;
  readonly #bell = new Bell();
  /** This is the offset that the server expects next, by command. */
  readonly #received = new Map<string, number>();
  #running = true;
  #wasAccepted = false;
  #seq = 0;
  #helloDue = true;
  /** This is the text of the last hello that the server has. */
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

  /** Says that there is news. */
  ring(): void {
    this.#bell.ring();
  }

  /** Says that the agent is or allows something else than before. */
  helloAgain(): void {
    this.#helloDue = true;
    this.#heartbeatAt = 0;
    this.#bell.ring();
  }

  /** Returns true when there is more to tell at once. */
  async #report(): Promise<boolean> {
    const { reports, more } = this.#compose();
    if (reports.length === 0) return false;
    const [hello] = reports.filter((report) => report.type === "hello");
    if (hello !== undefined) this.#helloDue = false;
    this.#seq += 1;
    const answer = await this.#deliver(reports);
    if (answer === null) {
      this.#helloDue ||= hello !== undefined;
      if (reports.some((report) => report.type === "checks")) this.#parts.checks?.tellAgain();
      return false;
    }
    if (hello !== undefined) this.#told = withoutTimes(hello);
    return this.#noteAnswer(reports, answer) && (more || reports.some((report) => report.type === "output"));
  }

  #compose(): ReturnType<typeof composeBatch> {
    const isHeartbeat = performance.now() >= this.#heartbeatAt;
    if (isHeartbeat) this.#heartbeatAt = performance.now() + this.#parts.heartbeatMs;
    const { known, refusals, tellAgain } = this.#parts.sight();
    const hello = this.#helloDue || isHeartbeat ? this.#parts.hello() : null; // Machines are renamed while they run.
    const isNews = this.#helloDue || (hello !== null && withoutTimes(hello) !== this.#told);
    const checks = this.#parts.checks?.report() ?? null;
    return composeBatch({
      first: [
        ...(hello !== null && isNews ? [hello] : []),
        ...(checks === null ? [] : [checks]),
        ...(isHeartbeat ? [{ type: "metrics" as const, ...this.#parts.gauges.read() }] : []),
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

  /** Sends the same batch until the server has it. Null means that the server can't accept it, or that the agent is stopped. */
  async #deliver(reports: readonly AgentReport[]): Promise<ReportsAnswer | null> {
    const { api, log, instance, onClock, onNotAccepted } = this.#parts;
    for (let attempt = 1; this.#running; attempt += 1) {
      const result = await api.report({ instance, seq: this.#seq, reports: [...reports] });
      switch (result.type) {
        case "ok":
          if (!this.#wasAccepted) this.#parts.onAccepted();
          this.#wasAccepted = true;
          if (result.clock !== null) onClock(result.clock);
          if (result.answer.rotateCredential === true) void this.#parts.credential.rotate();
          return result.answer;
        case "not_accepted":
          if (this.#parts.credential.fallBack()) continue;
          onNotAccepted(this.#wasAccepted);
          return null;
        case "refused":
          log.error({ answer: result.message }, "reports refused");
          return null;
        case "unanswered":
          log.warn({ answer: result.message, attempt }, "reports not answered");
          await delay(waitAfter(result, attempt, Math.random()), undefined, {
            ref: false,
          });
      }
    }
    return null;
  }

  /** Returns true when the answer moved anything. */
  #noteAnswer(reports: readonly AgentReport[], answer: ReportsAnswer): boolean {
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

/** These say what there is to tell, and hear what the server said to it. */
export interface ReporterParts {
  readonly api: ServerApi;
  readonly log: Logger;
  readonly gauges: { read(): HostReading };
  /** The figures of the machine are told this often. */
  readonly heartbeatMs: Millis;
  /** This names the run of the agent: each start has another. */
  readonly instance: string;
  /** Returns what there is to tell, as it is now. */
  readonly sight: () => Pick<Reportable, "known" | "refusals" | "tellAgain">;
  readonly readOutput: Reportable["readOutput"];
  readonly hello: () => AgentReport;
  /** Returns how the checks are where that is news. It is news again when the server has not taken it. */
  readonly checks: { readonly report: () => AgentReport | null; readonly tellAgain: () => void } | null;
  readonly credential: Pick<CredentialKeeper, "fallBack" | "rotate">;
  readonly onClock: (clock: ClockReading) => void;
  /**
   * `settled` means that the server has this end and all of the output, since the moment `settledIn` of its history. If it is
   * not settled, the server wants what this agent has. Returns true when that is news.
   */
  readonly onEnd: (commandId: string, settledIn: JournalEntry["settledIn"], settled: boolean) => boolean;
  /** `before` is true when the credential was accepted earlier in this run. */
  /** The server has taken a report for the first time. */
  readonly onAccepted: () => void;
  readonly onNotAccepted: (before: boolean) => void;
}

/** The time at which something was looked at is no news. */
function withoutTimes(hello: AgentReport): string {
  return JSON.stringify(hello, (key, value: unknown) => (key === "checkedAt" ? undefined : value));
}

const NONE: ReadonlySet<string> = new Set();
