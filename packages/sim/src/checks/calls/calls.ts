/** The call history keeps what clients called and what they were told, so that rule A12 can be judged. */

import type { JsonValue } from "@neverstale/protocol";
import type { RunCounters } from "../counters.ts";
import { type Input, notLinearizable, type Operation } from "./linearizable.ts";

/** Its clock counts what is noted. */
export class CallHistory {
  readonly #counters: RunCounters;
  #history: Operation[] = [];
  /** A restore takes away what was acknowledged. So whoever calls after it calls other objects. */
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

  /** `sees` is a call whose effect the new one sees. The new one may have read before that one was answered. */
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

  /** It tells what no order of the calls explains. It is null when there is an order that explains everything. */
  get problem(): string | null {
    for (const { answeredAt } of this.#history) this.#counters.add("calls_never_answered", answeredAt === null ? 1 : 0);
    return notLinearizable(this.#history);
  }
}

/** A call that has begun. */
export interface OpenCall {
  readonly operation: Operation;
  /** It returns true when the answer counts. Only the first one does, and none that comes after a restore. */
  answered(output: JsonValue): boolean;
  /** The call is known to have done nothing. It never will do anything. */
  refused(): void;
}

type Mutable = { -readonly [Key in keyof Operation]: Operation[Key] };
