/** These requests ask the server about users and sessions, and change them. */

import type { FleetSession } from "@neverstale/fleet-client";
import type {
  ApiTokenAnswer,
  ApiTokenEntry,
  Erasure,
  OneTimeLinkAnswer,
  RecoveryCodesAnswer,
  SecondFactorAnswer,
  SecondFactorSecret,
  SessionEntry,
  ShownUser,
} from "@neverstale/fleet-domain";
import { inviteLink } from "@neverstale/fleet-domain/schema-free";
import { inWords } from "../../accounts/io/session-requests.ts";
import type { Reauthentication } from "../../accounts/reauthentication.ts";
import { serverAddress } from "../../state/io/base-path.ts";
import type { MadeLink, People } from "../people.ts";

/** A request that wants a recent proof of who the visitor is asks for it by `reauthentication`. */
export function peopleRequests(session: FleetSession, reauthentication: Reauthentication): People {
  const send = (path: string, body?: JsonValue, method: "POST" | "PATCH" | "DELETE" = "POST") =>
    reauthentication.around(() => inWords(session.request(path, body, { method })));
  const end = (path: string) => send(path, undefined, "DELETE").then(() => {});
  const link = (path: string, body?: JsonValue) => send(path, body).then(madeLink);
  const codes = (path: string, totp: string) =>
    send(path, { totp }).then((answer) => (answer as unknown as RecoveryCodesAnswer).recoveryCodes);
  return {
    users: async () => (await inWords(session.get("/api/users"))) as unknown as readonly ShownUser[],
    invite: (name, role, tags) => link("/api/users", { name, role, ...(tags !== null && { tags }) }),
    change: (name, { role, disabled, tags }) => {
      const rights = { ...(role !== undefined && { role }), ...(disabled !== undefined && { disabled }) };
      const body = { ...rights, ...(tags !== undefined && { tags }) };
      return send(pathOf(name), body, "PATCH").then(() => {});
    },
    reset: (name) => link(`${pathOf(name)}/reset`),
    remove: (name) => end(pathOf(name)),
    eraseUser: (user) => send("/api/erasures", { user }).then(() => {}),
    erasures: async () => (await inWords(session.get("/api/erasures"))) as unknown as readonly Erasure[],
    sessionsOf: async (name) =>
      (await inWords(session.get(`${pathOf(name)}/sessions`))) as unknown as readonly SessionEntry[],
    apiTokensOf: async (name) =>
      (await inWords(session.get(`${pathOf(name)}/api-tokens`))) as unknown as readonly ApiTokenEntry[],
    sessions: async () => (await inWords(session.get("/api/sessions"))) as unknown as readonly SessionEntry[],
    apiTokens: async () => (await inWords(session.get("/api/api-tokens"))) as unknown as readonly ApiTokenEntry[],
    makeApiToken: async ({ label, role, ttlS, tags }) => {
      const asked = { label, role, ttlS, ...(tags !== undefined && { tags }) };
      const made = await send("/api/api-tokens", asked);
      return (made as unknown as ApiTokenAnswer).token;
    },
    revoke: (id) => end(`/api/api-tokens/${encodeURIComponent(id)}`),
    endSession: (id) => end(`/api/sessions/${encodeURIComponent(id)}`),
    secondFactor: async () => (await inWords(session.get("/api/second-factor"))) as unknown as SecondFactorAnswer,
    beginSecondFactor: async () => (await send("/api/second-factor")) as unknown as SecondFactorSecret,
    confirmSecondFactor: (code) => codes("/api/second-factor/confirm", code),
    newRecoveryCodes: (code) => codes("/api/second-factor/recovery-codes", code),
    removeSecondFactor: async (totp, password) => {
      await send("/api/second-factor/remove", { totp, ...(password !== null && { password }) });
    },
    takeSecondFactor: (name) => end(`${pathOf(name)}/second-factor`),
    confirm: async ({ totp, password }) => {
      const shown = { ...(totp !== undefined && { totp }), ...(password !== undefined && { password }) };
      await inWords(session.request("/api/session/confirm", shown));
    },
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
