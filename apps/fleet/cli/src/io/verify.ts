import { setTimeout as delay } from "node:timers/promises";
import type { Divergence, StateSync } from "@neverstale/client";
import { type Fleet, fleet, StateAnswer } from "@neverstale/fleet-domain";
import { type AnyState, digestOf, type WireState } from "@neverstale/protocol";
import { compareStates, copyOf } from "../compare.ts";
import { Failure } from "../failure.ts";
import { isEqual, type Verdict } from "../verdict.ts";
import type { Session } from "./session.ts";
import { COLLECTIONS } from "./watch.ts";

const CONNECT_MS = 15_000;
/** How long the replica may take to come to the version that the server has shown. */
const REACH_MS = 10_000;
const ATTEMPTS = 20;

/**
 * Follows the fleet as a dashboard does, comparing the digest with the authority's wherever the authority gives one, and
 * at the end compares the whole state record by record with `GET /api/state` at one and the same version.
 */
export async function verify(
  session: Session,
  options: { readonly seconds: number },
  signal: AbortSignal,
): Promise<Verdict> {
  const divergences: Divergence[] = [];
  const sync = session.follow<Fleet>("/sync", { model: fleet.model, onDivergence: (found) => divergences.push(found) });
  try {
    await untilLive(sync, signal);
    await delay(options.seconds * 1000, undefined, { signal }).catch(() => {});
    const compared = (await compareAtOneVersion(session, sync)) ?? neverCompared(sync);
    const { digestChecks, digestMismatches } = sync.counters;
    const found = { ...compared, digestChecks, digestMismatches, divergences };
    return { equal: isEqual(found), ...found };
  } finally {
    sync.stop();
  }
}

async function untilLive(sync: StateSync<Fleet>, signal: AbortSignal): Promise<void> {
  const late = AbortSignal.timeout(CONNECT_MS);
  await until(sync, () => sync.status.type === "live", AbortSignal.any([signal, late]));
  if (sync.status.type !== "live") {
    throw new Failure(`the replica did not get live: ${sync.status.type}`, {
      hint: sync.view.error?.hint ?? "Is the server running?",
    });
  }
}

/** Where the two were compared, the digest of what the replica showed there, and what differed. */
type Compared = Pick<Verdict, "epoch" | "version" | "digest" | "differences">;

function neverCompared(sync: StateSync<Fleet>): Compared {
  return { epoch: sync.epoch, version: sync.version, digest: sync.digest(), differences: null };
}

/** Null: it never came to that. A busy fleet moves on between two looks, so it is tried a few times. */
async function compareAtOneVersion(session: Session, sync: StateSync<Fleet>): Promise<Compared | null> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const shown = new Map<string, AnyState>();
    const keep = () => shown.set(`${sync.epoch} ${sync.version}`, copyOf(sync.state as AnyState, COLLECTIONS));
    keep();
    const unsubscribe = sync.subscribe(keep);
    try {
      const { epoch, version, state } = StateAnswer.parse(await session.getJson("/api/state"));
      await sync.reached({ epoch, version }, { signal: AbortSignal.timeout(REACH_MS) }).catch(() => {});
      const ours = shown.get(`${epoch} ${version}`);
      if (ours === undefined) continue;
      return { epoch, version, digest: digestOf(ours), differences: compareStates(ours, state as WireState) };
    } finally {
      unsubscribe();
    }
  }
  return null;
}

/** Until it is so, or the signal aborts. */
export function until(sync: Pick<StateSync, "subscribe">, isTrue: () => boolean, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!isTrue() && !signal.aborted) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = sync.subscribe(check);
    signal.addEventListener("abort", check, { once: true });
    check();
  });
}
