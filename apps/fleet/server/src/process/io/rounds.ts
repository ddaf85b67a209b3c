/** A round looks every two seconds after what time does to the fleet: silent hosts, deadlines, sessions that end. */

import { Turns } from "@neverstale/base";
import { accountsNeedSweep, sweepAccounts } from "../../accounts/decide.ts";
import type { Sessions } from "../../accounts/io/sessions.ts";
import type { Presences } from "../../agents/presences.ts";
import { archiveOutput, outputsLeftBehind } from "../../commands/outputs.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import { sweepFleet } from "../../hosts/sweep.ts";
import type { OpenSockets } from "../../http/open-sockets.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";

/** It returns how to stop. The round under way ends first. */
export function startRounds(parts: RoundParts): () => Promise<void> {
  const turns = new Turns();
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const long = count % LONG_ROUND === 0;
    turns
      .take(() => round(parts, long))
      .catch((error: unknown) =>
        parts.refusalLog.failed("round", { err: error }, "a round failed; the next one tries again"),
      );
  }, ROUND_MS);
  return async () => {
    clearInterval(timer);
    await turns.take(() => {});
  };
}

export async function round(parts: RoundParts, long: boolean): Promise<void> {
  const { manager, transactions, presences, sessions, sockets } = parts;
  sessions.endOldInMemory();
  await transactions.tryStoreAgain();
  await transactions.transact((work) => sweepFleet(work, (hostId) => presences.isSilent(hostId)));
  if (!long) return;
  await archiveOutputs(parts);
  await sessions.see(sockets.sessions());
  const accounts = accountsIn(manager);
  if (accounts === null || !accountsNeedSweep(accounts, transactions.moment())) return;
  const { result: ended } = await transactions.transact(sweepAccounts);
  sockets.revokeSessions(ended);
}

/** Each output goes by itself: together they may be more than one transaction can hold (rule S8). */
async function archiveOutputs({ manager, transactions }: RoundParts): Promise<void> {
  const left = outputsLeftBehind(manager.state, manager.spaces());
  await Promise.all(left.map((id) => transactions.transact((work) => archiveOutput(work, id))));
}

export interface RoundParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly presences: Presences;
  readonly sessions: Sessions;
  readonly sockets: OpenSockets;
  readonly refusalLog: RefusalLog;
}

const ROUND_MS = 2_000;
/** Every so many rounds, what takes longer is looked at too. */
const LONG_ROUND = 15;
