import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { SyncEndpoint } from "@neverstale/server";
import type { FastifyInstance } from "fastify";
import { sessionRoutes } from "../../accounts/io/routes.ts";
import { agentRoutes } from "../../agents/io/routes.ts";
import { dispatchRoutes } from "../../commands/io/routes.ts";
import { hostRoutes } from "../../hosts/io/routes.ts";
import { addressGroup } from "../../http/address-group.ts";
import { withoutBasePath } from "../../http/base-path.ts";
import { buildHttp } from "../../http/io/http.ts";
import { HttpMetrics } from "../../http/io/http-metrics.ts";
import type { Route } from "../../http/io/route.ts";
import { serveSockets } from "../../http/io/sockets.ts";
import { staticRoutes } from "../../http/io/static-files.ts";
import { openApi } from "../../http/openapi.ts";
import type { Server } from "./server.ts";
import { stateRoutes } from "./state-routes.ts";
import { VERSION } from "./version.ts";

export interface App {
  readonly http: FastifyInstance;
  readonly sockets: SyncEndpoint;
  /** All that can be asked for: the table that the tests walk. */
  readonly routes: readonly Route[];
  /** Every connection, those of sockets and those that are becoming one too: Node forgets them once they upgrade. */
  cutConnections(): void;
}

/** The whole of it on one http server, not listening yet. */
export function buildApp(server: Server, options: { readonly beaconMs: number; readonly webDirectory: string }): App {
  const metrics = new HttpMetrics(server.manager);
  const routes: Route[] = [
    ...sessionRoutes(server),
    ...stateRoutes(server, metrics),
    ...dispatchRoutes(server),
    ...hostRoutes(server),
    ...agentRoutes(server),
    ...staticRoutes(options.webDirectory, server.basePath),
  ];
  routes.push(descriptionRoute(routes));
  const http = buildHttp(server, routes, metrics);
  const takeBaseAway = (request: IncomingMessage) => {
    request.url = withoutBasePath(request.url ?? "/", server.basePath);
  };
  const sockets = serveSockets(http.server, server, options.beaconMs);
  metrics.addSockets(sockets, server.sockets);
  metrics.addServer(server);
  server.connections.watch(http.server, ({ remoteAddress = "" }) =>
    server.proxies.isProxy(remoteAddress) ? null : addressGroup(remoteAddress),
  );
  metrics.addHosts(server.budgets, server.now);
  // First of all listeners.
  for (const event of ["request", "upgrade"]) http.server.prependListener(event, takeBaseAway);
  const connections = new Set<Socket>();
  http.server.on("connection", (connection) => {
    connections.add(connection);
    connection.once("close", () => connections.delete(connection));
  });
  const cutConnections = () => {
    for (const connection of connections) connection.destroy();
  };
  return { http, sockets, routes, cutConnections };
}

/** Made when somebody asks for the first time: most never do. */
function descriptionRoute(routes: readonly Route[]): Route {
  let body: object | null = null;
  const handle = () => {
    body ??= openApi(routes, VERSION);
    return { body };
  };
  return { method: "GET", path: "/api/openapi.json", allow: "viewer", handle };
}
