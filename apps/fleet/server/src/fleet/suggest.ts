/** A suggestion is decided at a node that is not the writer, on what that node knows, and stored by the writer change by change. */

import type { Fleet } from "@neverstale/fleet-domain";
import type { AskedChange } from "@neverstale/protocol";
import type { Transaction } from "@neverstale/server";
import type { FleetManager } from "./state.ts";

/** It may not make or end spaces, and doesn't see its own changes. */
export async function suggest(
  manager: FleetManager,
  decide: (transaction: Transaction, fleet: Fleet) => void,
): Promise<void> {
  const suggested: { readonly space: string; readonly change: AskedChange }[] = [];
  const refuse = () => {
    throw new Error("a suggestion makes and ends no spaces");
  };
  const transaction: Transaction = {
    state: (space) => (manager.space(space)?.state ?? null) as never,
    version: (space) => manager.space(space)?.head ?? null,
    add: (space, changes) => {
      for (const change of changes) suggested.push({ space, change });
    },
    createSpace: refuse,
    removeSpace: refuse,
  };
  decide(transaction, manager.state);
  for (const { space, change } of suggested) await manager.apply(change, { space });
}
