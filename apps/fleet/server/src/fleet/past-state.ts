/** The fleet as it was at a version or a time is read here, as far back as the log is kept. */

import type { GrantedTags, ReachAnswer, Share, StateAnswer } from "@neverstale/fleet-domain";
import { digestOf, fromWireState, type WireState } from "@neverstale/protocol";
import type { MomentName, PastState, Reach } from "@neverstale/server";
import { type Acting, viewFor } from "../accounts/granted.ts";
import { sharesNow } from "../shares/past-shares.ts";
import { RequestRefusal } from "./refusal.ts";
import type { FleetManager } from "./state.ts";

/** Whoever sees some hosts alone sees of the past what was of them then, and is of them now (decision 0063). */
async function pastState(manager: FleetManager, name: MomentName, tags: GrantedTags): Promise<StateAnswer> {
  const past = await manager.stateAt(name, viewFor(manager, tags));
  if (past.type !== "state") throw refusalOf(past);
  const { version, digest, collections, at, next } = past;
  const { epoch } = manager; // All versions of this history are named by today's epoch, and so is the next one.
  const state = Object.fromEntries(
    collections.map((each) => [each.name, each.records as StateAnswer["state"][string]]),
  );
  return { epoch, version, ...withSharesOfNow(manager, tags, { digest, state }), at: timeOf(at), next };
}

/** A share is shown by its tag alone, so the engine does not know of which hosts it tells. */
function withSharesOfNow(
  manager: FleetManager,
  tags: GrantedTags,
  then: Pick<StateAnswer, "digest" | "state">,
): Pick<StateAnswer, "digest" | "state"> {
  const { shares } = then.state as { readonly shares?: readonly Share[] };
  if (tags === null || shares === undefined) return then;
  const shown = sharesNow(shares, tags, manager.state.hosts);
  if (shown.every((share, index) => share === shares[index]) && shown.length === shares.length) return then;
  const state = { ...then.state, shares: shown as unknown as StateAnswer["state"][string] };
  return { digest: digestOf(fromWireState(state as unknown as WireState)), state };
}

/** One person may wait for so many at once (B165), so that nobody keeps all others from looking back. */
export class PastReading {
  readonly #manager: FleetManager;
  readonly #waiting = new Map<string, number>();

  constructor(manager: FleetManager) {
    this.#manager = manager;
  }

  async read(name: MomentName, { user, tags }: Acting): Promise<StateAnswer> {
    const own = this.#waiting.get(user) ?? 0;
    if (own >= MOST_OF_ONE)
      throw new RequestRefusal("too_many_requests", `you wait for ${MOST_OF_ONE} states of the past already`, {
        retryAfterS: 1,
        hint: "Wait for them.",
      });
    this.#waiting.set(user, own + 1);
    try {
      return await pastState(this.#manager, name, tags);
    } finally {
      const left = (this.#waiting.get(user) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(user);
      else this.#waiting.set(user, left);
    }
  }
}

const MOST_OF_ONE = 8;

export async function reachOf(manager: FleetManager, now: number): Promise<ReachAnswer> {
  const reach = await manager.reach();
  const from = reach === null ? null : { version: reach.from.version, at: timeOf(reach.from.at) };
  return { epoch: manager.epoch, from, to: { version: manager.version, at: timeOf(now) } };
}

function refusalOf({ type, reach }: Exclude<PastState, { readonly type: "state" }>): RequestRefusal {
  if (type === "other_history")
    return new RequestRefusal("precondition_failed", "that version is of another history of this server", {
      hint: "An older backup was restored since then, or the server was set up anew: what that version showed is not there any more.",
    });
  return new RequestRefusal("not_found", WORDS[type], { hint: reachWords(reach) });
}

const WORDS = {
  before: "that moment is older than the log is kept for",
  ahead: "that version is not there yet",
} as const;

function reachWords(reach: Reach | null): string {
  if (reach === null) return "Nothing of the past is kept yet: ask again in a minute.";
  return `The past reaches back to version ${reach.from.version}, of ${timeOf(reach.from.at)}.`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
