/** Each host's agent has budgets: it may cause so much by itself, and no more. */

import { TokenBucket } from "@neverstale/base";
import { withDefaults } from "@neverstale/server";

/** The budgets are not stored. A restart of the server gives everyone the whole again. */
export class HostBudgets {
  readonly limits: HostLimits;
  readonly #events = new Map<string, Allowance>();
  readonly #audit = new Map<string, Allowance>();
  readonly #output = new Map<string, Allowance>();
  #eventsLeftOut = 0;
  #outputBytesDropped = 0;
  #hellosTooLarge = 0;
  #foreignCommands = 0;

  constructor(limits: Partial<HostLimits> = {}) {
    this.limits = withDefaults(DEFAULT_HOST_LIMITS, limits, "hostLimits");
  }

  spendEvent(hostId: string, isAudit: boolean, nowMs: number): BudgetGrant {
    const { eventsPerMinute, auditEvents, auditEventsPerHour } = this.limits;
    const allowance = isAudit
      ? allowanceIn(this.#audit, hostId, auditEvents, auditEventsPerHour / 3600, nowMs)
      : allowanceIn(this.#events, hostId, eventsPerMinute, eventsPerMinute / 60, nowMs);
    const grant = allowance.take(1, nowMs);
    if (grant !== "go") this.#eventsLeftOut += 1;
    return grant;
  }

  spendOutput(hostId: string, bytes: number, nowMs: number): boolean {
    const { outputBytes, outputBytesPerSecond } = this.limits;
    return allowanceIn(this.#output, hostId, outputBytes, outputBytesPerSecond, nowMs).take(bytes, nowMs) === "go";
  }

  countDropped(bytes: number): void {
    this.#outputBytesDropped += bytes;
  }

  countTooLarge(): void {
    this.#hellosTooLarge += 1;
  }

  countForeign(): void {
    this.#foreignCommands += 1;
  }

  forget(hostId: string): void {
    this.#events.delete(hostId);
    this.#audit.delete(hostId);
    this.#output.delete(hostId);
  }

  /** It tells `/metrics` what was left out, and how far the host that is nearest to its bound has come. */
  metrics(nowMs: number): Readonly<Record<string, number>> {
    return {
      eventsLeftOut: this.#eventsLeftOut,
      outputBytesDropped: this.#outputBytesDropped,
      hellosTooLarge: this.#hellosTooLarge,
      foreignCommands: this.#foreignCommands,
      eventsUsedMostPercent: mostUsed(this.#events, nowMs),
      auditUsedMostPercent: mostUsed(this.#audit, nowMs),
      outputUsedMostPercent: mostUsed(this.#output, nowMs),
    };
  }
}

/** One host's agent may cause so much by itself. Beyond that nothing fails: something is left out, and an event says so. */
export interface HostLimits {
  /** The host's record may have so many bytes, as JSON. An agent that offers more keeps what it offered before. */
  readonly recordBytes: number;
  /** So many bytes of output are stored of one command. */
  readonly commandOutputBytes: number;
  /** So many bytes of output are stored of a command after somebody asked to stop it. */
  readonly outputBytesAfterCancel: number;
  /** So many bytes of output are stored of all commands of a host: at once, and then a second. */
  readonly outputBytes: number;
  readonly outputBytesPerSecond: number;
  /** The agent may cause so many events without anybody having asked for something. */
  readonly eventsPerMinute: number;
  /** So many of them may be audit events: at once, and then an hour. Those are kept where nothing else pushes them out. */
  readonly auditEvents: number;
  readonly auditEventsPerHour: number;
}

const MIB = 1024 * 1024;

const DEFAULT_HOST_LIMITS: HostLimits = {
  recordBytes: 128 * 1024,
  commandOutputBytes: 128 * MIB,
  outputBytesAfterCancel: MIB,
  outputBytes: 256 * MIB,
  outputBytesPerSecond: 16 * 1024,
  eventsPerMinute: 20,
  auditEvents: 100,
  auditEventsPerHour: 60,
};

/** `over` means that the budget is used up. `alarm` means that it is, and that nobody has been told yet. */
export type BudgetGrant = "go" | "alarm" | "over";

/** An allowance is used up and comes back with time. Its end is news once. */
class Allowance {
  readonly #bucket: TokenBucket;
  #alarmed = false;

  constructor(size: number, perSecond: number, nowMs: number) {
    this.#bucket = new TokenBucket(size, perSecond, nowMs);
  }

  /** Once half of it is there again the next alarm is news. */
  take(amount: number, nowMs: number): BudgetGrant {
    if (this.#bucket.left(nowMs) >= this.#bucket.size / 2) this.#alarmed = false;
    if (this.#bucket.take(amount, nowMs)) return "go";
    if (this.#alarmed) return "over";
    this.#alarmed = true;
    return "alarm";
  }

  /** It returns the share of the whole that is used up, from 0 to 1. */
  used(nowMs: number): number {
    return 1 - this.#bucket.left(nowMs) / this.#bucket.size;
  }
}

function allowanceIn(
  all: Map<string, Allowance>,
  hostId: string,
  size: number,
  perSecond: number,
  nowMs: number,
): Allowance {
  let allowance = all.get(hostId);
  if (allowance === undefined) {
    allowance = new Allowance(size, perSecond, nowMs);
    all.set(hostId, allowance);
  }
  return allowance;
}

function mostUsed(all: ReadonlyMap<string, Allowance>, nowMs: number): number {
  let most = 0;
  for (const allowance of all.values()) most = Math.max(most, allowance.used(nowMs));
  return Math.round(100 * most);
}
