/** A Node program shows its API token with every request and every socket. */

import { nodeEnvironment } from "@neverstale/client";
import type { CookieEnvironment, CookieOptions } from "./cookie-environment.ts";

/** Give it to a `FleetSession` with `byToken`: there is nothing to sign in to. */
export function tokenEnvironment({ token, WebSocket }: TokenOptions): CookieEnvironment {
  const headers = { authorization: `Bearer ${token}` };
  return { io: nodeEnvironment({ WebSocket, headers }), headers };
}

export interface TokenOptions extends Pick<CookieOptions, "WebSocket"> {
  readonly token: string;
}
