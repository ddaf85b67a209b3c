/** A round looks every two seconds after what time does to the fleet: silent hosts, deadlines, sessions that end. */

import { Turns } from "@neverstale/base";
import { accountsNeedSweep, sweepAccounts } from "../../accounts/decide.ts";
import type { Sessions } from "../../accounts/io/sessions.ts";
import { cloneAlarm } from "../../agents/clones.ts";
import type { Credentials } from "../../agents/io/credentials.ts";
import type { Presences } from "../../agents/presences.ts";
import type { AlertWatch } from "../../alerts/alert-watch.ts";
import { sweepSilences } from "../../alerts/decide.ts";
import { archiveOutput, outputsLeftBehind } from "../../commands/outputs.ts";
import { accountsIn, decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import { sweepFleet } from "../../hosts/sweep.ts";
import type { OpenSockets } from "../../http/open-sockets.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import { sweepOutbox } from "../../notifications/outbox.ts";
import { settleSchedules } from "../../schedules/schedule-rounds.ts";

/**
 * Each node looks after the sessions whose sockets it has. All else is looked after where changes are decided, from a term's
 * begin to its end (rule T7). It returns how to stop. The round under way ends first.
 */
export function startRounds(parts: RoundParts): () => Promise<void> {
  const turns = new Turns();
  const stopOwn = repeat(parts, turns, ownRound, () => true);
  const stopTerms = parts.manager.onTerm(() => {
    parts.presences.begin();
    const stop = repeat(parts, turns, termRound, () => decidesHere(parts.manager));
    return () => {
      stop();
      parts.transactions.forgetTrouble();
    };
  });
  return async () => {
    stopOwn();
    stopTerms();
    await turns.take(() => {});
  };
}

function repeat(parts: RoundParts, turns: Turns, run: typeof ownRound, isOn: () => boolean): () => void {
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const long = count % LONG_ROUND === 0;
    turns
      .take(async () => {
        if (isOn()) await run(parts, long);
      })
      .catch((error: unknown) => {
        // A term that ends amid a round has another node go on from what the state says.
        if (isOn()) parts.refusalLog.failed("round", { err: error }, "a round failed; the next one tries again");
      });
  }, ROUND_MS);
  return () => clearInterval(timer);
}

/** It looks after all at once, as a server that is alone on its store does. */
export async function round(parts: RoundParts, long: boolean): Promise<void> {
  await ownRound(parts, long);
  await termRound(parts, long);
}

async function ownRound({ sessions, sockets }: RoundParts, long: boolean): Promise<void> {
  sessions.endOldInMemory();
  if (long) await sessions.see(sockets.sessions());
}

async function termRound(parts: RoundParts, long: boolean): Promise<void> {
  const { manager, transactions, presences, sockets, alertWatch, credentials } = parts;
  await transactions.tryStoreAgain();
  await transactions.transact((work) => {
    for (const host of credentials.takeReplayed())
      cloneAlarm(work, host, "old_credential_shown", "an old credential is shown");
    sweepFleet(work, (hostId) => presences.isSilent(hostId));
    sweepSilences(work);
    alertWatch.look(work);
    sweepOutbox(work);
  });
  await settleSchedules(parts);
  if (!long) return;
  await archiveOutputs(parts);
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
  readonly credentials: Credentials;
  readonly presences: Presences;
  readonly alertWatch: AlertWatch;
  readonly sessions: Sessions;
  readonly sockets: OpenSockets;
  readonly refusalLog: RefusalLog;
}

const ROUND_MS = 2_000;
/** Every so many rounds, what takes longer is looked at too. */
const LONG_ROUND = 15;
