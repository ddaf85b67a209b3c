import { accountsNeedSweep, sweepAccounts } from "../../accounts/decide.ts";
import { sweepFleet, sweepOutputs } from "../../hosts/sweep.ts";
import { seeAll } from "../../http/io/guard.ts";
import type { Server } from "./server.ts";

const ROUND_MS = 2_000;
/** Every so many rounds what takes longer is looked at. */
const LONG_ROUND = 15;

/** What time does to the fleet is looked after every two seconds. Returns how to stop; the round under way ends first. */
export function startRounds(server: Server): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const long = count % LONG_ROUND === 0;
    last = last
      .then(() => round(server, long))
      .catch((error: unknown) =>
        server.logFailure("round", { err: error }, "a round failed; the next one tries again"),
      );
  }, ROUND_MS);
  return async () => {
    clearInterval(timer);
    await last;
  };
}

export async function round(server: Server, long: boolean): Promise<void> {
  server.revokeSessions(server.memorySessions.endOld(server.now()));
  await server.tryStoreAgain();
  await server.transact((work) => sweepFleet(work, (hostId) => server.isSilent(hostId)));
  if (!long) return;
  await server.transact((work) => sweepOutputs(work, server.manager.spaces()));
  await seeAll(server, server.sockets.sessions());
  if (server.accounts === null || !accountsNeedSweep(server.accounts, server.moment())) return;
  const { result: ended } = await server.transact(sweepAccounts);
  server.revokeSessions(ended);
}
