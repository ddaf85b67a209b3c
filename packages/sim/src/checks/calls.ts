import type { JsonValue } from "@neverstale/protocol";
import type { RunCounters } from "./counters.ts";
import { type Input, notLinearizable, type Operation } from "./linearizable.ts";

/** A call that has begun. */
export interface OpenCall {
  readonly operation: Operation;
  /** Returns whether it counts: only the first answer does, and none that comes after a restore. */
  answered(output: JsonValue): boolean;
  /** It is known that it did nothing, and never will. */
  refused(): void;
}

type Mutable = { -readonly [Key in keyof Operation]: Operation[Key] };

/** The history of what clients called and were told, for rule A12. Its clock counts what is noted. */
export class CallHistory {
  readonly #counters: RunCounters;
  #history: Operation[] = [];
  /** What a restore takes away was acknowledged; so whoever calls after it calls other objects. */
  #generation = 0;
  #clock = 0;

  constructor(counters: RunCounters) {
    this.#counters = counters;
  }

  get generation(): number {
    return this.#generation;
  }

  restored(): void {
    this.#generation += 1;
  }

  /** `sees`: a call whose effect the new one sees; it may have read before that one was answered. */
  begin(client: string, input: Input, sees?: Operation): OpenCall {
    const generation = this.#generation;
    const calledAt = sees?.calledAt ?? this.#tick();
    const operation: Mutable = { client, input, calledAt, answeredAt: null, output: null, sees };
    this.#history.push(operation);
    return {
      operation,
      answered: (output) => {
        if (operation.answeredAt !== null || generation !== this.#generation) return false;
        this.#counters.add(`calls_${input.do}`);
        Object.assign(operation, { answeredAt: this.#tick(), output });
        return true;
      },
      refused: () => {
        this.#counters.add("calls_refused");
        this.#history = this.#history.filter((other) => other !== operation);
      },
    };
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  /** What no order of the calls explains, or null. */
  get problem(): string | null {
    for (const { answeredAt } of this.#history) this.#counters.add("calls_never_answered", answeredAt === null ? 1 : 0);
    return notLinearizable(this.#history);
  }
}
