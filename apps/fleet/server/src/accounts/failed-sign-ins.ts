/** Sign-ins that fail are counted in the state, so that an alert can tell of them after a restart and at whatever node. */

import { type Accounts, MOST_COUNTED_SIGN_INS, SIGN_INS_KEPT_MS } from "@neverstale/fleet-domain";
import type { FleetMoment } from "../fleet/moment.ts";
import type { Work } from "../fleet/work.ts";

/** So many are kept, which is one more than a rule may ask for (B129). */
export const KEPT_FAILED_SIGN_INS = MOST_COUNTED_SIGN_INS + 1;

/** The oldest one makes room. */
export function addFailedSignIn(work: Work, address: string): void {
  const kept = [...work.accounts.failedSignIns.values()];
  if (kept.length >= KEPT_FAILED_SIGN_INS) {
    const oldest = kept.reduce((first, each) => (each.at < first.at ? each : first));
    work.changeAccounts("failed_sign_in_forgotten", oldest.id, {});
  }
  const id = work.at.newId();
  work.changeAccounts("sign_in_failed", id, { id, at: work.at.iso, address: address.slice(0, 100) });
}

/** It returns the ids of those that no rule looks back to any more. */
export function oldFailedSignIns({ failedSignIns }: Accounts, at: FleetMoment): string[] {
  const isOld = (then: string) => at.ms - Date.parse(then) >= SIGN_INS_KEPT_MS;
  return [...failedSignIns.values()].filter((failed) => isOld(failed.at)).map(({ id }) => id);
}

/** It says how many have failed since then, and from how many addresses. */
export function failedSince({ failedSignIns }: Accounts, sinceMs: number): FailedCount {
  const failed = [...failedSignIns.values()].filter(({ at }) => Date.parse(at) > sinceMs);
  return { count: failed.length, addresses: new Set(failed.map(({ address }) => address)).size };
}

export interface FailedCount {
  readonly count: number;
  readonly addresses: number;
}
