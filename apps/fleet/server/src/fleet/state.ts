/** Whoever only looks at the fleet's state reads it here; it is changed in `transact.ts` alone. */

import {
  ACCOUNTS_SPACE,
  type Accounts,
  type fleetModel,
  NOTIFICATIONS_SPACE,
  type Notifications,
  type Settled,
} from "@neverstale/fleet-domain";
import { MAIN_SPACE, type StateManager } from "@neverstale/server";

export type FleetManager = StateManager<ReturnType<typeof fleetModel>>;

/** It returns null while nobody has an account. */
export function accountsIn(manager: FleetManager): Accounts | null {
  return (manager.space(ACCOUNTS_SPACE)?.state as Accounts | undefined) ?? null;
}

/** It returns null while there is nothing to tell, and nobody to be told. */
export function notificationsIn(manager: FleetManager): Notifications | null {
  return (manager.space(NOTIFICATIONS_SPACE)?.state as Notifications | undefined) ?? null;
}

/** True where changes are decided. Of several nodes one does so at a time (rule T7). */
export function decidesHere({ node }: FleetManager): boolean {
  return node === null || node.role === "writer";
}

/** True when the state has been at that moment: a moment beyond a restore is in nobody's history (rule E2). */
export function isInHistory(manager: Pick<FleetManager, "space">, { epoch, version }: Settled): boolean {
  const last = manager.space(MAIN_SPACE)?.lastVersion(epoch) ?? null;
  return last !== null && version <= last;
}
