/** Those who wait until the replica shows a position hold a promise, which is kept when the machine has judged (rule D2). */

import { SyncError } from "@neverstale/protocol";
import type { WaiterOutcome } from "../machine/state.ts";
import type { SyncInput } from "../machine/transition.ts";
import type { EffectPosition } from "./answer.ts";

export class PendingWaiters {
  readonly #settle = new Map<number, (outcome: WaiterOutcome) => void>();
  #count = 0;

  /** It rejects with `history_lost` or `closed`, or with the signal's reason. */
  wait(position: EffectPosition, signal: AbortSignal | undefined, input: (input: SyncInput) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        this.#settle.delete(waiter);
        input({ type: "abandon", waiter });
        reject(signal?.reason);
      };
      const told = (outcome: WaiterOutcome): void => {
        signal?.removeEventListener("abort", onAbort);
        if (outcome === "reached") resolve();
        else reject(outcome === "history_lost" ? historyLost(position) : closed());
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const waiter = this.#count + 1;
      this.watch(position, told, input);
    });
  }

  /** `told` is called in the very turn in which the machine has judged. */
  watch(position: EffectPosition, told: (outcome: WaiterOutcome) => void, input: (input: SyncInput) => void): void {
    const waiter = ++this.#count;
    this.#settle.set(waiter, told);
    input({ type: "await_position", waiter, epoch: position.epoch, version: position.version });
  }

  settle(waiter: number, outcome: WaiterOutcome): void {
    const told = this.#settle.get(waiter);
    this.#settle.delete(waiter);
    told?.(outcome);
  }
}

function historyLost({ epoch, version }: EffectPosition): SyncError {
  return new SyncError("history_lost", `version ${version} of epoch ${epoch} is no history any more`, {
    hint: "Repeat the request with the same idempotency key.",
  });
}

function closed(): SyncError {
  return new SyncError("closed", "the replica does not follow any more", {
    hint: "Sign in, or call start().",
  });
}
