/** Each node closes the sockets of those who lost their right, as it takes the change in, wherever that was decided (rule N7). */

import { ACCOUNTS_SPACE } from "@neverstale/fleet-domain";
import type { Change } from "@neverstale/protocol";
import { accountsIn, type FleetManager } from "../fleet/state.ts";
import type { OpenSockets } from "../http/open-sockets.ts";

/** It returns how to stop. */
export function closeRevoked(manager: FleetManager, sockets: OpenSockets): () => void {
  return manager.follow((committed) => {
    for (const { space, changes } of committed)
      if (space.name === ACCOUNTS_SPACE) for (const change of changes) close(manager, sockets, change);
  });
}

function close(manager: FleetManager, sockets: OpenSockets, { type, data }: Change): void {
  const id = String(data["id"]);
  if (type === "session_ended" || type === "api_token_revoked") sockets.revokeSessions([id]);
  if (type !== "agent_credential_revoked") return;
  const host = accountsIn(manager)?.agentCredentials.get(id)?.host;
  if (host !== undefined) sockets.revokeAgent(host);
}
