/** These requests go to the server with the visitor's session. */

import type { FleetSession } from "@neverstale/fleet-client";
import { inWords } from "../../accounts/io/session-requests.ts";
import type { Reauthentication } from "../../accounts/reauthentication.ts";
import type { Server } from "../server.ts";

export function serverRequests(session: FleetSession, reauthentication: Reauthentication): Server {
  return {
    get: async <Answer>(path: string) => (await inWords(session.get(path))) as Answer,
    send: async <Answer>(method: "POST" | "PATCH" | "DELETE", path: string, body?: object) =>
      (await reauthentication.around(() => inWords(session.request(path, body as Body, { method })))) as Answer,
  };
}

type Body = Parameters<FleetSession["request"]>[1];
