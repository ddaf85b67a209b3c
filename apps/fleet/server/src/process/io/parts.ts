/** The parts of the server are made here; each route and each round takes those that it names. */

import { Claimants } from "../../accounts/claimants.ts";
import { Cookies } from "../../accounts/cookies.ts";
import { Guesses } from "../../accounts/guesses.ts";
import { Passwords } from "../../accounts/io/passwords.ts";
import { openServerKey } from "../../accounts/io/server-key.ts";
import { Sessions } from "../../accounts/io/sessions.ts";
import { SetupLink } from "../../accounts/io/setup-link.ts";
import { Credentials } from "../../agents/io/credentials.ts";
import { Presences } from "../../agents/presences.ts";
import { HostBudgets } from "../../fleet/host-budgets.ts";
import { momentAt } from "../../fleet/io/moment-at.ts";
import type { Log } from "../../fleet/log.ts";
import type { FleetManager } from "../../fleet/state.ts";
import { Transactions } from "../../fleet/transact.ts";
import { normalBasePath } from "../../http/base-path.ts";
import { TrustedProxies } from "../../http/io/client-address.ts";
import { HttpConnections } from "../../http/io/connections.ts";
import { HttpMetrics } from "../../http/io/http-metrics.ts";
import { onceFor } from "../../http/io/once.ts";
import { RequestLimits } from "../../http/io/request-limits.ts";
import { OpenSockets } from "../../http/open-sockets.ts";
import { Origins } from "../../http/origins.ts";
import { RefusalLog } from "../../http/refusal-log.ts";
import type { LogStream } from "./log-stream.ts";
import { connectionLimitsOf, type FleetOptions, rateLimitsOf, socketLimitsOf } from "./settings.ts";

export function makeParts(options: FleetOptions, { manager, log, logStream, dataDir }: Opened) {
  const clocks = {
    now: options.now ?? Date.now,
    steadyNow: options.steadyNow ?? options.now ?? (() => performance.now()),
  };
  const drain = { hasBegun: false };
  const rates = rateLimitsOf(options);
  const origins = new Origins(options.allowedOrigins ?? []);
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  const basePath = normalBasePath(options.basePath ?? "/");
  const key = openServerKey(dataDir, options.secretKeyFile);
  const budgets = new HostBudgets(options.hostLimits);
  const transactions = new Transactions({ manager, budgets, log, moment: () => momentAt(clocks.now()) });
  const sockets = new OpenSockets(socketLimitsOf(options));
  const refusalLog = new RefusalLog(log, clocks);
  const cookies = new Cookies({ id: key.cookieId, basePath }, origins);
  const sessions = new Sessions({ manager, transactions, cookies, sockets, refusalLog, clocks });
  const credentials = new Credentials(manager);
  const connections = new HttpConnections(connectionLimitsOf(options));
  return {
    manager,
    log,
    logStream,
    clocks,
    drain,
    isDraining: () => drain.hasBegun,
    origins,
    proxies,
    basePath,
    key,
    budgets,
    transactions,
    transactFor: onceFor(transactions),
    sockets,
    refusalLog,
    cookies,
    sessions,
    credentials,
    connections,
    claimants: new Claimants(cookies, key),
    guesses: new Guesses(rates, clocks),
    passwords: new Passwords(),
    setupLink: new SetupLink(),
    presences: new Presences(budgets, clocks),
    requestLimits: new RequestLimits({ sessions, credentials, connections, proxies, clocks }, rates),
    metrics: new HttpMetrics(),
  };
}

export interface Opened {
  readonly manager: FleetManager;
  readonly log: Log;
  /** The log goes there when it is the server's own. */
  readonly logStream: LogStream | null;
  readonly dataDir: string;
}

export type Parts = ReturnType<typeof makeParts>;
