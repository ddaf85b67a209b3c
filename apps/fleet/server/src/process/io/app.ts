/** The app is the routes and sockets of the server on one http server, and what is measured of them. */

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Server as TlsServer } from "node:tls";
import { packageVersion } from "@neverstale/base/node";
import { MAX_SHARED_TAGS, MOST_GROUPS, MOST_SCHEDULES, USED_HOST_ID_LIMIT } from "@neverstale/fleet-domain";
import type { HttpEndpoint, SyncEndpoint } from "@neverstale/server";
import type { FastifyInstance } from "fastify";
import { aboutRoutes } from "../../about/routes.ts";
import { MAX_API_TOKENS } from "../../accounts/api-tokens.ts";
import { KEPT_FAILED_SIGN_INS } from "../../accounts/failed-sign-ins.ts";
import { apiTokenRoutes } from "../../accounts/io/api-token-routes.ts";
import { accountRoutes } from "../../accounts/io/routes.ts";
import { secondFactorRoutes } from "../../accounts/io/second-factor-routes.ts";
import { sessionRoutes } from "../../accounts/io/session-routes.ts";
import { userRoutes } from "../../accounts/io/user-routes.ts";
import { MAX_USERS } from "../../accounts/users.ts";
import { agentRoutes, enrollmentRoutes } from "../../agents/io/routes.ts";
import { alertRoutes } from "../../alerts/routes.ts";
import { auditRoutes } from "../../audit/routes.ts";
import { catalogueRoutes } from "../../catalogue/routes.ts";
import { outputRoutes } from "../../commands/output-routes.ts";
import { commandRoutes } from "../../commands/routes.ts";
import { waitingCommands } from "../../commands/rules/waiting-commands.ts";
import { MOST_ERASURES } from "../../erasures/decide.ts";
import { erasureRoutes } from "../../erasures/routes.ts";
import { eventRoutes } from "../../events/routes.ts";
import { exportRoutes } from "../../exports/routes.ts";
import { fleetNumbers } from "../../fleet/fleet-metrics.ts";
import { stateRoutes } from "../../fleet/routes.ts";
import { accountsIn } from "../../fleet/state.ts";
import { handoutRoutes } from "../../handout/io/routes.ts";
import { groupRoutes } from "../../hosts/group-routes.ts";
import { hostRoutes } from "../../hosts/routes.ts";
import { addressGroup } from "../../http/address-group.ts";
import { API_STYLE, apiPage } from "../../http/api-page.ts";
import { withoutBasePath } from "../../http/base-path.ts";
import { serveFollowers } from "../../http/io/follow-routes.ts";
import { buildHttp } from "../../http/io/http.ts";
import { serveSockets } from "../../http/io/sockets.ts";
import { staticRoutes } from "../../http/io/static-files.ts";
import { type OpenApi, openApi } from "../../http/openapi.ts";
import type { Route } from "../../http/route.ts";
import { metricRoutes } from "../../metrics/routes.ts";
import { closeRevoked } from "../../nodes/revocations.ts";
import { notificationRoutes } from "../../notifications/routes.ts";
import { pipelineRoutes } from "../../pipelines/routes.ts";
import { scheduleRoutes } from "../../schedules/routes.ts";
import { hostsNamed, MAX_HOSTS_SHARED } from "../../shares/settle-shares.ts";
import { processRoutes } from "../routes.ts";
import type { Parts } from "./parts.ts";

/** It does not listen yet. */
export function buildApp(parts: Parts, options: { readonly beaconMs: number; readonly webDirectory: string }): App {
  const { basePath, connections, handshakes, proxies } = parts;
  const followers = serveFollowers(parts, options.beaconMs);
  const routes = routesOf(parts, options.webDirectory, followers.routes);
  const http = buildHttp(parts, routes, followers.handOver);
  const sockets = serveSockets(http.server, parts, options.beaconMs);
  const stopNodes = parts.nodes?.http.serve(http.server) ?? (() => {});
  closeRevoked(parts.manager, parts.sockets);
  measure(parts, sockets, followers.endpoint);
  const groupOf = ({ remoteAddress = "" }: Socket) =>
    proxies.isProxy(remoteAddress) ? null : addressGroup(remoteAddress);
  if (http.server instanceof TlsServer) handshakes.watch(http.server, groupOf);
  connections.watch(http.server, groupOf);
  const removeBase = (request: IncomingMessage) => {
    request.url = withoutBasePath(request.url ?? "/", basePath);
  };
  // These are the first of all listeners.
  for (const event of ["request", "upgrade"]) http.server.prependListener(event, removeBase);
  parts.allConnections.watch(http.server);
  const underWay = new Set<ServerResponse>();
  http.server.on("request", (_, response) => {
    underWay.add(response);
    response.once("close", () => underWay.delete(response));
  });
  const untilAnswered = async () => {
    while (underWay.size > 0) await Promise.all([...underWay].map((response) => once(response, "close")));
  };
  const stopListening = () => void http.server.close();
  const cutConnections = () => parts.allConnections.cut();
  return {
    http,
    sockets,
    followers: followers.endpoint,
    routes,
    stopListening,
    untilAnswered,
    stopNodes,
    cutConnections,
  };
}

export interface App {
  readonly http: FastifyInstance;
  readonly sockets: SyncEndpoint;
  /** It answers those who follow over HTTP. */
  readonly followers: HttpEndpoint;
  /** This table holds all that can be asked for. */
  readonly routes: readonly Route[];
  /** Nobody can connect any more. Connections that are open stay. */
  stopListening(): void;
  /** It resolves when no request is under way. */
  untilAnswered(): Promise<void>;
  /** No node can link to this one any more, and the links of others end. */
  stopNodes(): void;
  /** It cuts every connection, also those of sockets and those that are becoming one, which Node forgets once they upgrade. */
  cutConnections(): void;
}

function routesOf(parts: Parts, webDirectory: string, followRoutes: readonly Route[]): Route[] {
  const routes: Route[] = [
    ...accountRoutes(parts),
    ...userRoutes(parts),
    ...sessionRoutes(parts),
    ...secondFactorRoutes(parts),
    ...apiTokenRoutes(parts),
    ...followRoutes,
    ...stateRoutes(parts),
    ...commandRoutes(parts),
    ...catalogueRoutes(parts),
    ...alertRoutes(parts),
    ...notificationRoutes(parts),
    ...outputRoutes(parts),
    ...eventRoutes(parts),
    ...exportRoutes(parts),
    ...auditRoutes(parts),
    ...aboutRoutes(parts),
    ...erasureRoutes(parts),
    ...pipelineRoutes(parts),
    ...processRoutes(parts),
    ...hostRoutes(parts),
    ...groupRoutes(parts),
    ...scheduleRoutes(parts),
    ...metricRoutes(parts),
    ...enrollmentRoutes(parts),
    ...agentRoutes(parts),
    ...handoutRoutes(parts),
    ...staticRoutes(webDirectory, parts.basePath),
  ];
  routes.push(...descriptionRoutes(routes, parts.basePath));
  return routes;
}

/** The description is made when somebody asks for it for the first time, which most never do. */
function descriptionRoutes(routes: readonly Route[], basePath: string): Route[] {
  let made: OpenApi | null = null;
  const description = () => {
    made ??= openApi(routes, packageVersion(new URL("../../../package.json", import.meta.url)));
    return made;
  };
  let page: string | null = null;
  const typed = (type: string, body: string) => ({ headers: { "content-type": `${type}; charset=utf-8` }, body });
  const read = { method: "GET", allow: "viewer" } as const;
  return [
    { ...read, path: "/api/openapi.json", handle: () => ({ body: description() }) },
    {
      ...read,
      path: "/api",
      handle: () => {
        page ??= apiPage(description(), basePath);
        return typed("text/html", page);
      },
    },
    { ...read, path: "/api/style.css", handle: () => typed("text/css", API_STYLE) },
  ];
}

function measure(parts: Parts, endpoint: SyncEndpoint, followers: HttpEndpoint): void {
  const {
    budgets,
    certificate,
    claimants,
    clocks,
    connections,
    handshakes,
    logStream,
    manager,
    metricKeeper,
    metrics,
    notificationSender,
    refusalLog,
    secondFactors,
    sessions,
    sockets,
  } = parts;
  metrics.addNumbers("", () => manager.metrics());
  metrics.addTerm(() => manager.node?.term?.epoch ?? null);
  metrics.addNumbers("sync_", () => endpoint.metrics);
  metrics.addNumbers("sync_http_", () => followers.metrics);
  metrics.addNumbers("sync_http_", () => followers.httpMetrics);
  metrics.addNumbers("sockets_", () => sockets.metrics);
  metrics.addFullStates(endpoint);
  metrics.addNumbers("", () => ({ storeRefuses: parts.transactions.storeTrouble === null ? 0 : 1 }));
  metrics.addNumbers("", () => ({
    ...sessions.metrics,
    ...claimants.metrics,
    ...secondFactors.metrics,
    ...parts.proxyUsers.metrics,
  }));
  metrics.addNumbers("", () => {
    const accounts = accountsIn(manager);
    return {
      users: accounts?.users.size ?? 0,
      limitUsers: MAX_USERS,
      sessions: accounts?.sessions.size ?? 0,
      failedSignIns: accounts?.failedSignIns.size ?? 0,
      limitFailedSignIns: KEPT_FAILED_SIGN_INS,
      apiTokens: accounts?.apiTokens.size ?? 0,
      limitApiTokens: MAX_API_TOKENS,
      usedHostIds: accounts?.usedHostIds.size ?? 0,
      limitUsedHostIds: USED_HOST_ID_LIMIT,
      sharedTags: manager.state.sharedTags.size,
      limitSharedTags: MAX_SHARED_TAGS,
      shareHosts: hostsNamed(manager.state.shares.values()),
      limitShareHosts: MAX_HOSTS_SHARED,
    };
  });
  metrics.addNumbers("", () => ({ groups: manager.state.groups.size, limitGroups: MOST_GROUPS }));
  metrics.addNumbers("", () => ({ schedules: manager.state.schedules.size, limitSchedules: MOST_SCHEDULES }));
  metrics.addNumbers("", () => waitingCommands(manager.state.commands.values()));
  metrics.addNumbers("http_", () => connections.metrics);
  metrics.addNumbers("", () => parts.allConnections.metrics);
  metrics.addNumbers("tls_", () => ({ ...(certificate?.metrics ?? NO_CERTIFICATE), ...handshakes.metrics }));
  metrics.addNumbers("fleet_", () => fleetNumbers(manager.state, clocks.now()));
  metrics.addNumbers("", () => refusalLog.metrics);
  metrics.addNumbers("", () => parts.handout.metrics);
  metrics.addNumbers("", () => logStream?.metrics ?? { logLinesDropped: 0 });
  metrics.addNumbers("", () => metricKeeper.metrics);
  metrics.addNumbers("", () => parts.auditKeeper.metrics);
  metrics.addNumbers("", () => parts.auditProofs.metrics);
  metrics.addNumbers("", () => ({ ...parts.eraser.metrics, limitErasures: MOST_ERASURES }));
  metrics.addNumbers("", () => parts.outputSearch.metrics);
  metrics.addNumbers("", () => parts.credentials.metrics);
  metrics.addNumbers("", () => notificationSender.metrics);
  metrics.addNumbers("", () => parts.backups.metrics);
  metrics.addNumbers("hosts_", () => budgets.metrics(clocks.now()));
}

const NO_CERTIFICATE = { certificateExpiresSeconds: 0, certificateChangesTotal: 0, certificateReadFailuresTotal: 0 };
