/** These requests ask the server about users and sessions, and change them. */

import type { FleetSession } from "@neverstale/fleet-client";
import type {
  ApiTokenAnswer,
  ApiTokenEntry,
  OneTimeLinkAnswer,
  SessionEntry,
  ShownUser,
} from "@neverstale/fleet-domain";
import { inviteLink } from "@neverstale/fleet-domain/schema-free";
import { inWords } from "../../accounts/io/session-requests.ts";
import { serverAddress } from "../../state/io/base-path.ts";
import type { MadeLink, People } from "../people.ts";

export function peopleRequests(session: FleetSession): People {
  const end = (path: string) => inWords(session.request(path, undefined, { method: "DELETE" }).then(() => {}));
  const link = (path: string, body?: JsonValue) => inWords(session.request(path, body).then(madeLink));
  return {
    users: async () => (await inWords(session.get("/api/users"))) as unknown as readonly ShownUser[],
    invite: (name, role) => link("/api/users", { name, role }),
    change: (name, { role, disabled }) => {
      const body = { ...(role !== undefined && { role }), ...(disabled !== undefined && { disabled }) };
      return inWords(session.request(pathOf(name), body, { method: "PATCH" }).then(() => {}));
    },
    reset: (name) => link(`${pathOf(name)}/reset`),
    remove: (name) => end(pathOf(name)),
    sessions: async () => (await inWords(session.get("/api/sessions"))) as unknown as readonly SessionEntry[],
    apiTokens: async () => (await inWords(session.get("/api/api-tokens"))) as unknown as readonly ApiTokenEntry[],
    makeApiToken: async ({ label, role, ttlS }) => {
      const made = await inWords(session.request("/api/api-tokens", { label, role, ttlS }));
      return (made as unknown as ApiTokenAnswer).token;
    },
    revoke: (id) => end(`/api/api-tokens/${encodeURIComponent(id)}`),
    endSession: (id) => end(`/api/sessions/${encodeURIComponent(id)}`),
  };
}

type JsonValue = Awaited<ReturnType<FleetSession["get"]>>;

function pathOf(name: string): string {
  return `/api/users/${encodeURIComponent(name)}`;
}

function madeLink(answer: JsonValue): MadeLink {
  const { user, token, expiresAt } = answer as unknown as OneTimeLinkAnswer;
  return { user: user.name, link: inviteLink(serverAddress(), token, user.name), expiresAt };
}
