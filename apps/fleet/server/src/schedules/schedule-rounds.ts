/** Each round looks for schedules that are due, where changes are decided. Each of them has a transaction of its own. */

import { SyncError } from "@neverstale/protocol";
import { decidesHere, type FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import { giveUpSchedule, settleSchedule, unsettledSchedules } from "./settle.ts";

export async function settleSchedules({ manager, transactions }: ScheduleParts): Promise<void> {
  for (const id of unsettledSchedules({ fleet: manager.state }, transactions.moment().ms)) {
    if (!decidesHere(manager)) return; // Another node goes on from what is stored.
    try {
      await transactions.transact((work) => settleSchedule(work, id));
    } catch (error) {
      // It asks for more than a transaction holds. Nothing of it was stored.
      if (!(error instanceof SyncError) || error.code !== "invalid_change") throw error;
      await transactions.transact((work) => giveUpSchedule(work, id, error.message));
    }
  }
}

export interface ScheduleParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
}
