/** The parts of the server are made here; each route and each round takes those that it names. */

import type { IncomingMessage } from "node:http";
import { RETENTION } from "@neverstale/server";
import { processFacts } from "../../about/io/process-facts.ts";
import { keptBy } from "../../about/kept.ts";
import { Claimants } from "../../accounts/claimants.ts";
import { Cookies } from "../../accounts/cookies.ts";
import { Guesses } from "../../accounts/guesses.ts";
import { ApiTokens } from "../../accounts/io/api-tokens.ts";
import { Passwords } from "../../accounts/io/passwords.ts";
import { SecondFactors } from "../../accounts/io/second-factors.ts";
import { hashOf } from "../../accounts/io/secrets.ts";
import type { ServerKey } from "../../accounts/io/server-key.ts";
import { Sessions } from "../../accounts/io/sessions.ts";
import { SetupLink } from "../../accounts/io/setup-link.ts";
import { Credentials } from "../../agents/io/credentials.ts";
import { Presences } from "../../agents/presences.ts";
import { AlertWatch } from "../../alerts/alert-watch.ts";
import { AuditKeeper } from "../../audit/audit-keeper.ts";
import { AuditProofs } from "../../audit/audit-proofs.ts";
import { ScheduledBackups } from "../../backups/io/scheduled-backups.ts";
import { FleetFileReader } from "../../catalogue/io/fleet-file.ts";
import { OutputSearch } from "../../commands/output/output-search.ts";
import { Eraser } from "../../erasures/eraser.ts";
import { HostBudgets } from "../../fleet/host-budgets.ts";
import { momentAt } from "../../fleet/io/moment-at.ts";
import type { Log } from "../../fleet/log.ts";
import type { FleetManager } from "../../fleet/state.ts";
import { Transactions } from "../../fleet/transact.ts";
import { Handout } from "../../handout/io/handout.ts";
import { normalBasePath } from "../../http/base-path.ts";
import { type ClientAddresses, TrustedProxies } from "../../http/io/client-address.ts";
import { AllConnections } from "../../http/io/connections/all-connections.ts";
import { Handshakes } from "../../http/io/connections/handshakes.ts";
import { HttpConnections } from "../../http/io/connections/plain-connections.ts";
import { Forwarding } from "../../http/io/forwarding.ts";
import { HttpMetrics } from "../../http/io/http-metrics.ts";
import { onceFor } from "../../http/io/once.ts";
import { ProxyUsers } from "../../http/io/proxy-users.ts";
import { RequestIds } from "../../http/io/request-ids.ts";
import { RequestLimits } from "../../http/io/request-limits.ts";
import { OpenSockets } from "../../http/open-sockets.ts";
import { Origins } from "../../http/origins.ts";
import { RefusalLog } from "../../http/refusal-log.ts";
import { pause } from "../../metrics/io/metric-rounds.ts";
import { levelsOf } from "../../metrics/levels.ts";
import { MetricKeeper } from "../../metrics/metric-keeper.ts";
import type { FleetNodes } from "../../nodes/io/fleet-nodes.ts";
import { NotificationSender } from "../../notifications/io/sender.ts";
import { ServedCertificate } from "../../tls/io/served-certificate.ts";
import { tlsFilesOf } from "../../tls/reachability.ts";
import type { LogStream } from "./log-stream.ts";
import {
  auditKeptOf,
  connectionLimitsOf,
  type FleetOptions,
  handshakeLimitsOf,
  metricsKeptOf,
  rateLimitsOf,
  retentionOf,
  socketLimitsOf,
} from "./settings.ts";

export function makeParts(options: FleetOptions, { manager, log, logStream, dataDir, nodes, key }: Opened) {
  const clocks = {
    now: options.now ?? Date.now,
    steadyNow: options.steadyNow ?? options.now ?? (() => performance.now()),
  };
  const drain = { hasBegun: false };
  const rates = rateLimitsOf(options);
  const origins = new Origins(options.allowedOrigins ?? []);
  const proxies = clientAddresses(options, nodes);
  const isForwarded = (request: IncomingMessage) => forwarding.isForwarded(request);
  const proxyUsers = new ProxyUsers(options.proxyUserHeader, { proxies, isForwarded });
  const forwarding: Forwarding = new Forwarding(nodes, manager, (request) => proxyUsers.strip(request));
  const basePath = normalBasePath(options.basePath ?? "/");
  const budgets = new HostBudgets(options.hostLimits);
  const transactions = new Transactions({ manager, budgets, log, moment: () => momentAt(clocks.now()) });
  const sockets = new OpenSockets(socketLimitsOf(options));
  const refusalLog = new RefusalLog(log, clocks);
  const cookies = new Cookies({ id: key.cookieId, basePath }, origins);
  const sessions = new Sessions({ manager, transactions, cookies, sockets, refusalLog, clocks });
  const guesses = new Guesses(rates, clocks);
  const apiTokens = new ApiTokens({ manager, transactions, refusalLog, clocks });
  const credentials = new Credentials(manager, clocks.now);
  const fleetFile = new FleetFileReader(options.fleetFile, dataDir, { manager, transactions, log });
  const metricLevels = levelsOf(metricsKeptOf(options));
  const connectionLimits = connectionLimitsOf(options);
  const allConnections = new AllConnections(connectionLimits.open, refusalLog);
  const connections = new HttpConnections(connectionLimits, () => allConnections.size);
  const tls = tlsFilesOf(options);
  return {
    manager,
    log,
    logStream,
    clocks,
    drain,
    isDraining: () => drain.hasBegun,
    origins,
    proxies,
    proxyUsers,
    nodes,
    forwarding,
    basePath,
    key,
    budgets,
    transactions,
    fleetFile,
    notificationSender: new NotificationSender({
      manager,
      transactions,
      clocks,
      refusalLog,
      secretsIn: fleetFile.directory,
    }),
    transactFor: onceFor(transactions),
    sockets,
    refusalLog,
    cookies,
    sessions,
    apiTokens,
    credentials,
    connections,
    allConnections,
    certificate: tls === null ? null : new ServedCertificate(tls, log),
    handshakes: new Handshakes(handshakeLimitsOf(options)),
    handout: new Handout(dataDir),
    backups: new ScheduledBackups({
      settings: options.backups ?? null,
      ...{ dataDir, manager, transactions, clocks, log },
    }),
    claimants: new Claimants(cookies, key),
    guesses,
    secondFactors: new SecondFactors({ manager, guesses, key, clocks, refusalLog }),
    passwords: new Passwords(),
    setupLink: new SetupLink(),
    alertWatch: new AlertWatch(),
    presences: new Presences(budgets, clocks),
    requestIds: new RequestIds(proxies),
    requestLimits: new RequestLimits(
      { sessions, apiTokens, credentials, connections, forwarding, proxies, clocks },
      rates,
    ),
    metrics: new HttpMetrics(),
    metricLevels,
    pause,
    outputSearch: new OutputSearch({ manager, steadyNow: clocks.steadyNow, pause }),
    eraser: new Eraser({ manager, transactions, pause }),
    about: aboutServer(options, clocks.now()),
    auditProofs: new AuditProofs({ manager, hashOf, pause }),
    auditKeeper: new AuditKeeper({ manager, transactions, clocks, kept: auditKeptOf(options) }),
    metricKeeper: new MetricKeeper({ manager, clocks, levels: metricLevels, pause }),
  };
}

/** A store that a program has given is called what it is: another one. */
function aboutServer(options: FleetOptions, startedMs: number) {
  const { store, storeUrl, backups, eventLimit } = options;
  const { historyRows: rows, historyAgeMs: ageMs } = RETENTION;
  return {
    ...processFacts(startedMs),
    store: storeUrl !== undefined ? "PostgreSQL, shared by nodes" : store !== undefined ? "another store" : "SQLite",
    kept: keptBy({
      ...{ eventLimit, audit: auditKeptOf(options), metrics: metricsKeptOf(options), history: { rows, ageMs } },
      log: { ageMs: retentionOf(options).logAgeMs ?? RETENTION.logAgeMs },
      backups: backups?.keep ?? null,
    }),
  };
}

/** Another node tells where a request came from that it has forwarded. */
function clientAddresses({ trustedProxies = [] }: FleetOptions, nodes: FleetNodes | null): ClientAddresses {
  const proxies = new TrustedProxies(trustedProxies);
  if (nodes === null) return proxies;
  return {
    addressOf: (request) => nodes.http.clientAddressOf(request),
    isProxy: (peer) => proxies.isProxy(peer),
  };
}

export interface Opened {
  readonly manager: FleetManager;
  readonly log: Log;
  /** The log goes there when it is the server's own. */
  readonly logStream: LogStream | null;
  readonly dataDir: string;
  /** It is null for a server that keeps a store of its own. */
  readonly nodes: FleetNodes | null;
  readonly key: ServerKey;
}

export type Parts = ReturnType<typeof makeParts>;
