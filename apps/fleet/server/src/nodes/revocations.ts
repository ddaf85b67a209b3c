/** Each node closes the sockets of those who lost their right, as it takes the change in, wherever that was decided (rule N7). */

import { ACCOUNTS_SPACE } from "@neverstale/fleet-domain";
import type { Change } from "@neverstale/protocol";
import { MAIN_SPACE } from "@neverstale/server";
import { grantedCommand, tagsNow } from "../accounts/granted.ts";
import { accountsIn, type FleetManager } from "../fleet/state.ts";
import type { OpenSockets, UserSubject } from "../http/open-sockets.ts";

/** It returns how to stop. */
export function closeRevoked(manager: FleetManager, sockets: OpenSockets): () => void {
  return manager.follow((committed) => {
    for (const { space, changes } of committed) {
      if (space.name === ACCOUNTS_SPACE) for (const change of changes) close(manager, sockets, change);
      if (space.name === MAIN_SPACE && changes.some(movesTags))
        sockets.revokeOutputs((subject) => mayStillFollow(manager, subject));
    }
  });
}

function close(manager: FleetManager, sockets: OpenSockets, { type, data }: Change): void {
  const id = String(data["id"]);
  if (type === "session_ended" || type === "api_token_revoked") sockets.revokeSessions([id]);
  if (type === "user_updated" && data["tags"] !== undefined) sockets.judgeAnew(id);
  if (type !== "agent_credential_revoked") return;
  const host = accountsIn(manager)?.agentCredentials.get(id)?.host;
  if (host !== undefined) sockets.revokeAgent(host);
}

/** A view of the main space moves by itself then. An output is shown whole or not at all. */
function movesTags({ type, data }: Change): boolean {
  return type === "host_removed" || (type === "host_updated" && data["tags"] !== undefined);
}

function mayStillFollow(manager: FleetManager, { user, sessionHash, byToken, command }: UserSubject): boolean {
  const accounts = accountsIn(manager);
  if (accounts === null) return false;
  const tags = tagsNow(accounts, { user, token: byToken ? sessionHash : null });
  return tags === null || (command !== null && grantedCommand(manager.state, tags, command) !== null);
}
