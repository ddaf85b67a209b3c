import type { SyncEndpoint } from "@neverstale/server";
import type { FastifyInstance } from "fastify";
import { agentRoutes } from "./agent-routes.ts";
import { dispatchRoutes } from "./dispatch-routes.ts";
import { hostRoutes } from "./host-routes.ts";
import { buildHttp } from "./http.ts";
import { HttpMetrics } from "./http-metrics.ts";
import type { Route } from "./route.ts";
import type { Server } from "./server.ts";
import { sessionRoutes } from "./session-routes.ts";
import { serveSockets } from "./sockets.ts";
import { stateRoutes } from "./state-routes.ts";
import { staticRoutes } from "./static-files.ts";

export interface App {
  readonly http: FastifyInstance;
  readonly sockets: SyncEndpoint;
  /** All that can be asked for: the table that the tests walk. */
  readonly routes: readonly Route[];
}

/** The whole of it on one http server, not listening yet. */
export function buildApp(server: Server, options: { readonly beaconMs: number; readonly webDirectory: string }): App {
  const metrics = new HttpMetrics(server.manager);
  const routes = [
    ...sessionRoutes(server),
    ...stateRoutes(server, metrics),
    ...dispatchRoutes(server),
    ...hostRoutes(server),
    ...agentRoutes(server),
    ...staticRoutes(options.webDirectory),
  ];
  const http = buildHttp(server, routes, metrics);
  const sockets = serveSockets(http.server, server, options.beaconMs);
  metrics.addSockets(sockets);
  return { http, sockets, routes };
}
