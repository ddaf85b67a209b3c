/** The fleet is followed over HTTP too, where WebSocket does not pass: these routes hand their requests to the engine (rules H1 to H9). */

import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpEndpoint, serveHttp } from "@neverstale/server";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { Subject } from "../open-sockets.ts";
import type { Permission, Route } from "../route.ts";
import { noBrowser } from "./guard.ts";
import type { HandOver } from "./http.ts";
import { AGENT_PATH, grantOf, isSocketPath, judged, pathOf, type SocketParts } from "./sockets.ts";

/** Makes the engine's endpoint. Whoever loses a right to a socket loses that to a request that waits, too. */
export function serveFollowers(parts: SocketParts, beaconMs: number): Followers {
  const { manager, proxies, refusalLog, requestLimits, sockets, log } = parts;
  const responses = new WeakMap<IncomingMessage, ServerResponse>();
  const endpoint = serveHttp({
    manager,
    path: isSocketPath,
    allowedOrigins: (request) => judged(() => admitReader(parts, request)),
    authorize: (request, info) =>
      judged(() => {
        const grant = grantOf(parts, request, info);
        const response = responses.get(request);
        if (response !== undefined) sockets.add(grant.subject, response);
        return grant;
      }),
    onRefused: (request, { code }) =>
      refusalLog.refused(
        proxies.addressOf(request),
        { requestId: parts.requestIds.of(request), ip: proxies.addressOf(request), path: pathOf(request), code },
        "a reader was refused",
      ),
    onError: (err) => log.error({ err }, "a reader could not be judged"),
    beaconMs,
    addressOf: (request) => requestLimits.socketKey(request),
  });
  sockets.closeBy((judge) => {
    endpoint.revoke((subject) => judge(subject as Subject));
  });
  const handOver = (request: IncomingMessage, response: ServerResponse) => {
    responses.set(request, response);
    if (!endpoint.handle(request, response)) response.writeHead(404).end();
  };
  return { endpoint, handOver, routes: ENDPOINTS.flatMap(([path, allow]) => routesBelow(path, allow)) };
}

export interface Followers {
  readonly endpoint: HttpEndpoint;
  /** It is given the requests of these routes. */
  readonly handOver: HandOver;
  readonly routes: readonly Route[];
}

const ENDPOINTS: readonly (readonly [path: string, allow: Permission])[] = [
  ["/sync", "viewer"],
  ["/sync/output/:id", "viewer"],
  [AGENT_PATH, "agent"],
];

const BELOW = [
  "snapshot",
  "s/:space/:epoch/:version",
  "t/:space/:epoch/:version",
  "live/:space/:epoch/:version",
] as const;

function routesBelow(path: string, allow: Permission): Route[] {
  const wholeFleet = path === "/sync"; // A view of the fleet is followed over WebSocket alone (rule V23).
  return BELOW.map((below) => ({ method: "GET", path: `${path}/${below}`, allow, wholeFleet, byEngine: true }));
}

/** A page's own requests name no Origin where they only read. A foreign page is told by either of two headers. */
function admitReader({ origins }: SocketParts, request: IncomingMessage): null {
  if (pathOf(request).startsWith(AGENT_PATH)) {
    noBrowser(request.headers);
    return null;
  }
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isForeign = site !== undefined && site !== "same-origin" && site !== "none";
  if (!isForeign && (origin === undefined || origins.allows(origin))) return null;
  throw new RequestRefusal("origin_refused", "the request does not come from this dashboard's own address", {
    hint: "Open the dashboard at its own address, or allow yours with --allowed-origin.",
  });
}
