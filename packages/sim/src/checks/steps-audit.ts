/** The audit of steps says whether one connection is told of each epoch in time, once, and for a whole run (rule E7). */

import type { WireMessage } from "../network/frames.ts";
import type { RunCounters } from "./counters.ts";
import type { Report } from "./history.ts";

/** The plain profile tells no epoch, and is not judged here. */
export class StepsAudit {
  readonly #report: Report;
  readonly #counters: RunCounters;
  readonly #options: StepsAuditOptions;
  /** This epoch was told last. */
  #told: string | null = null;
  #steps = 0;

  constructor(report: Report, counters: RunCounters, options: StepsAuditOptions) {
    this.#report = report;
    this.#counters = counters;
    this.#options = options;
  }

  /** The authority speaks in another epoch than was told. */
  get isDue(): boolean {
    return this.#told !== null && this.#told !== this.#options.today();
  }

  /** A message is put, whole or its first part. */
  put(id: string, { type, version, epoch, text }: WireMessage): void {
    if (type === "sync" && this.isDue && text.includes('"check":'))
      this.#report("E7", `${id} is answered before the step from ${this.#told}`);
    if (epoch !== null) this.#tell(id, epoch, type === "sync" && this.#told !== null, version);
    const end = this.#told === null ? null : this.#options.endOf(this.#told);
    if (end !== null && version > end)
      this.#report("E7", `${id} is brought to ${version} in the epoch ${this.#told}, which ended at ${end}`);
  }

  #tell(id: string, epoch: string, isStep: boolean, version: number): void {
    if (epoch !== this.#options.today()) this.#report("E7", `${id} is told of ${epoch}, which is over`);
    if (isStep && !this.#options.asked) this.#report("E7", `${id} is sent a step and did not ask for any`);
    if (isStep && epoch === this.#told) this.#report("E7", `${id} is told of ${epoch} twice`);
    if (isStep && !this.#options.leadsOn(this.#told ?? "", version))
      this.#report("E3", `${id} is moved at ${version} from ${this.#told} into another history`);
    this.#told = epoch;
    if (!isStep) return;
    this.#steps += 1;
    this.#counters.add("steps_put");
  }

  /** A replica whose frames nobody meddled with takes each step, and asks for no state because of one. */
  askedForState(id: string, reason: string): void {
    if (this.#steps > 0 && (reason === "epoch" || reason === "drift"))
      this.#report("E7", `${id} asks for the state because of ${reason}, after ${this.#steps} steps`);
  }

  /** The process sends it away, to come back at once. */
  sentAway(id: string): void {
    if (this.#options.ends()) return;
    this.#counters.add("sent_away_for_steps");
    if (this.#options.asked) this.#report("E7", `${id} takes steps, and is sent away at a takeover`);
  }
}

export interface StepsAuditOptions {
  /** The replica asked for steps. */
  readonly asked: boolean;
  /** The authority speaks in this epoch now. */
  readonly today: () => string;
  /** It returns the last version of the space in an epoch, so far. It is null where the epoch has no such space. */
  readonly endOf: (epoch: string) => number | null;
  /** The history of today goes on from that version of the epoch. */
  readonly leadsOn: (epoch: string, version: number) => boolean;
  /** The process is about to end. */
  readonly ends: () => boolean;
}
