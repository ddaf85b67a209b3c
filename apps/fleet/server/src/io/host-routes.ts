import {
  EnrollmentToken,
  EnrollmentTokenAnswer,
  EnrollmentTokenRequest,
  HostAnswer,
  HostPatch,
  ReachedAnswer,
} from "@neverstale/fleet-domain";
import { makeEnrollmentToken, removeEnrollmentToken, shown } from "../accounts.ts";
import { patchHost, removeHost, unknownHost } from "../hosts.ts";
import { type Answer, type Ask, param, type Route, userOf, withBody } from "./route.ts";
import { hashOf, newSecret } from "./secrets.ts";
import type { Server } from "./server.ts";

export function hostRoutes(server: Server): Route[] {
  return [
    withBody({
      method: "PATCH",
      path: "/api/hosts/:id",
      allow: "operator",
      body: HostPatch,
      answer: HostAnswer,
      handle: (ask) => patch(server, ask),
    }),
    {
      method: "DELETE",
      path: "/api/hosts/:id",
      allow: "admin",
      answer: ReachedAnswer,
      handle: (ask) => remove(server, ask),
    },
    withBody({
      method: "POST",
      path: "/api/enrollment-tokens",
      allow: "admin",
      body: EnrollmentTokenRequest.optional(),
      answer: EnrollmentTokenAnswer,
      answerStatus: 201,
      handle: async (ask) => {
        const token = newSecret();
        const { result } = await server.transact((work) =>
          makeEnrollmentToken(work, hashOf(token), userOf(ask).user, ask.body?.label),
        );
        return { status: 201, body: { ...result, token } satisfies EnrollmentTokenAnswer };
      },
    }),
    {
      method: "GET",
      path: "/api/enrollment-tokens",
      allow: "admin",
      answer: EnrollmentToken.array(),
      handle: () => ({
        body: [...(server.accounts?.enrollmentTokens.values() ?? [])].map(shown) satisfies EnrollmentToken[],
      }),
    },
    {
      method: "DELETE",
      path: "/api/enrollment-tokens/:id",
      allow: "admin",
      handle: async (ask) => {
        await server.transact((work) => removeEnrollmentToken(work, param(ask, "id"), userOf(ask).user));
        return {};
      },
    },
  ];
}

/** Answered after the commit. */
async function patch(server: Server, ask: Ask<HostPatch>): Promise<Answer> {
  const id = param(ask, "id");
  const { applied, result: host } = await server.transact((work) => {
    patchHost(work, id, ask.body, userOf(ask).user);
    return work.fleet.hosts.get(id);
  });
  if (host === undefined) throw unknownHost(id);
  return { body: { host, epoch: applied.epoch, version: applied.version } satisfies HostAnswer };
}

/** The agent's socket is closed before this is answered (rule A11). */
async function remove(server: Server, ask: Ask<unknown>): Promise<Answer> {
  const id = param(ask, "id");
  if (!server.fleet.hosts.has(id)) throw unknownHost(id);
  const closeSockets = () =>
    server.revoke((subject) => (subject.kind === "agent" && subject.host === id ? 4403 : null));
  closeSockets(); // Now, so that not even this change reaches them, and again for one that came in between.
  const { applied } = await server.transact((work) => removeHost(work, id, userOf(ask).user));
  closeSockets();
  server.forget(id);
  return { body: { epoch: applied.epoch, version: applied.version } };
}
