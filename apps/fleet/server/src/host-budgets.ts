/** What one host's agent may cause by itself. Beyond it nothing fails: something is left out, and an event says so. */
export interface HostLimits {
  /** Bytes of the host's record, as JSON: an agent that offers more keeps what it offered before. */
  readonly recordBytes: number;
  /** Bytes of output stored of one command. */
  readonly commandOutputBytes: number;
  /** Bytes of output stored of all commands of a host: at once, and again so many a second. */
  readonly outputBytes: number;
  readonly outputBytesPerSecond: number;
  /** Events that the agent causes without anybody having asked for something. */
  readonly eventsPerMinute: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_HOST_LIMITS: HostLimits = {
  recordBytes: 128 * 1024,
  commandOutputBytes: 128 * MIB,
  outputBytes: 256 * MIB,
  outputBytesPerSecond: 64 * 1024,
  eventsPerMinute: 60,
};

/** `over`: it is used up. `alarm`: the same, and nobody has been told yet. */
export type Grant = "go" | "alarm" | "over";

/** An amount that is used up and comes back with time. A clock that is set back gives nothing and takes nothing. */
class Allowance {
  readonly #size: number;
  readonly #perMs: number;
  #left: number;
  #atMs: number;
  #alarmed = false;

  constructor(size: number, perSecond: number, nowMs: number) {
    this.#size = size;
    this.#perMs = perSecond / 1000;
    this.#left = size;
    this.#atMs = nowMs;
  }

  /** Once half of it is there again the next alarm is news. */
  take(amount: number, nowMs: number): Grant {
    this.#left = Math.min(this.#size, this.#left + Math.max(0, nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#left >= this.#size / 2) this.#alarmed = false;
    if (this.#left >= amount) {
      this.#left -= amount;
      return "go";
    }
    if (this.#alarmed) return "over";
    this.#alarmed = true;
    return "alarm";
  }

  /** Of the whole, 0 to 1. */
  get used(): number {
    return 1 - this.#left / this.#size;
  }
}

/** What each host has left. Not stored: a restart of the server gives everyone the whole again. */
export class HostBudgets {
  readonly limits: HostLimits;
  readonly #events = new Map<string, Allowance>();
  readonly #output = new Map<string, Allowance>();
  #eventsLeftOut = 0;
  #outputBytesDropped = 0;
  #hellosTooLarge = 0;

  constructor(limits: Partial<HostLimits> = {}) {
    this.limits = { ...DEFAULT_HOST_LIMITS, ...limits };
  }

  takeEvent(hostId: string, nowMs: number): Grant {
    const { eventsPerMinute } = this.limits;
    const grant = allowanceIn(this.#events, hostId, eventsPerMinute, eventsPerMinute / 60, nowMs).take(1, nowMs);
    if (grant !== "go") this.#eventsLeftOut += 1;
    return grant;
  }

  takeOutput(hostId: string, bytes: number, nowMs: number): boolean {
    const { outputBytes, outputBytesPerSecond } = this.limits;
    return allowanceIn(this.#output, hostId, outputBytes, outputBytesPerSecond, nowMs).take(bytes, nowMs) === "go";
  }

  countDropped(bytes: number): void {
    this.#outputBytesDropped += bytes;
  }

  countTooLarge(): void {
    this.#hellosTooLarge += 1;
  }

  forget(hostId: string): void {
    this.#events.delete(hostId);
    this.#output.delete(hostId);
  }

  /** For `/metrics`: what was left out, and how far the host that is nearest to its bound has come. */
  get metrics(): Readonly<Record<string, number>> {
    return {
      eventsLeftOut: this.#eventsLeftOut,
      outputBytesDropped: this.#outputBytesDropped,
      hellosTooLarge: this.#hellosTooLarge,
      eventsUsedMostPercent: mostUsed(this.#events),
      outputUsedMostPercent: mostUsed(this.#output),
    };
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

function mostUsed(all: ReadonlyMap<string, Allowance>): number {
  let most = 0;
  for (const { used } of all.values()) most = Math.max(most, used);
  return Math.round(100 * most);
}
