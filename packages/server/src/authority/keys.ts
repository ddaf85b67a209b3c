/** Under an idempotency key a call is carried out once; a repeat gets the first answer (rule D1). */

import { type JsonValue, SyncError } from "@neverstale/protocol";
import type { WaitingRoom } from "../limits/waiting-room.ts";
import type { Epochs } from "../space/lineage.ts";
import type { Store, StoredAnswer } from "../store/contract.ts";
import type { Applied, TransactOptions } from "./transaction.ts";

/** A repeat that comes while the first call is under way waits for its answer. */
export class Keys {
  readonly #answers: Pick<Store, "findAnswer">;
  readonly #epochs: Epochs;
  readonly #waiting: WaitingRoom;
  readonly #underway = new Map<string, Underway>();

  constructor(answers: Pick<Store, "findAnswer">, epochs: Epochs, waiting: WaitingRoom) {
    this.#answers = answers;
    this.#epochs = epochs;
    this.#waiting = waiting;
  }

  /** `bytes` counts what was taken with the call, which waits until `run` is called. */
  once(key: IdempotencyKey, bytes: number, run: () => Promise<Applied>): Promise<Applied> {
    const refusal = this.#waiting.refusal();
    if (refusal !== null) return Promise.reject(refusal);
    const before = this.#underway.get(key.id);
    if (before !== undefined) return this.#repeat(key, bytes, before);
    const outcome = this.#firstOrStored(key, bytes, run);
    this.#underway.set(key.id, { bodyHash: key.bodyHash, outcome });
    const done = () => this.#underway.delete(key.id);
    outcome.then(done, done);
    return outcome;
  }

  async #repeat(key: IdempotencyKey, bytes: number, before: Underway): Promise<Applied> {
    if (before.bodyHash !== key.bodyHash) throw keyReused();
    this.#waiting.enter(bytes);
    try {
      return { ...(await before.outcome), replayed: true };
    } finally {
      this.#waiting.leave(bytes);
    }
  }

  async #firstOrStored(key: IdempotencyKey, bytes: number, run: () => Promise<Applied>): Promise<Applied> {
    const { id, owner = "", madeAt = null } = key;
    let stored: Awaited<ReturnType<Store["findAnswer"]>>;
    this.#waiting.enter(bytes);
    try {
      stored = await this.#answers.findAnswer({ key: id, owner, madeAt }).catch(notRead);
    } finally {
      this.#waiting.leave(bytes);
    }
    if (stored === null) return run();
    if (stored === "expired") throw keyExpired();
    if (stored.bodyHash !== key.bodyHash) throw keyReused();
    return replay(stored, this.#epochs.today);
  }
}

type IdempotencyKey = NonNullable<TransactOptions["key"]>;

interface Underway {
  readonly bodyHash: string;
  readonly outcome: Promise<Applied>;
}

/** The clock that made a key may be so far ahead: a key that was dropped must not make those of slower clocks old for long. */
const KEY_AHEAD_MS = 5 * 60_000;

/** It returns the key as its answer is kept: without a time that the wall clock has not come near to yet. */
export function keyOfToday(key: IdempotencyKey, wallTime: number): IdempotencyKey {
  const { madeAt, ...timeless } = key;
  return madeAt === undefined || madeAt <= wallTime + KEY_AHEAD_MS ? key : timeless;
}

function replay(stored: StoredAnswer, epoch: string): Applied {
  const answer = JSON.parse(stored.answer) as JsonValue;
  return { epoch, version: stored.version, versions: {}, answer, replayed: true };
}

/** The call has not been tried, so nothing of it was stored, whatever is wrong with the store. */
function notRead(cause: unknown): never {
  throw new SyncError("store_unavailable", "the store could not be asked for an earlier answer", {
    hint: "Nothing was stored and nothing has moved: try again.",
    retryAfterMs: 1_000,
    cause,
  });
}

function keyReused(): SyncError {
  return new SyncError("key_reused", "this idempotency key was used with another request", {
    hint: "Make a new key for a new request; repeat a request with the body it had.",
  });
}

function keyExpired(): SyncError {
  return new SyncError("key_expired", "this idempotency key is older than the answers that are still kept", {
    hint: "Whether it was carried out is not known any more: look at the state, then ask anew under a new key.",
  });
}
