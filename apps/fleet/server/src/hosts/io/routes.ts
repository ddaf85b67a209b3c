import {
  EnrollmentToken,
  EnrollmentTokenAnswer,
  EnrollmentTokenRequest,
  type Host,
  HostAnswer,
  HostPatch,
  ReachedAnswer,
} from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { makeEnrollmentToken, removeEnrollmentToken, shown } from "../../accounts/decide.ts";
import { enrollmentTokenOf, hashOf, newSecret } from "../../accounts/io/secrets.ts";
import type { Work } from "../../fleet/work.ts";
import { idempotencyKey, transactFor } from "../../http/io/once.ts";
import { type Answer, type Ask, param, type Route, userOf, withBody } from "../../http/io/route.ts";
import { Refusal } from "../../http/problem.ts";
import type { Server } from "../../process/io/server.ts";
import { patchHost, removeHost } from "../decide.ts";

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
      handle: (ask) => makeToken(server, ask),
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
        await transactFor(server, ask, (work) => {
          removeEnrollmentToken(work, param(ask, "id"), userOf(ask).user);
          return null;
        });
        return {};
      },
    },
  ];
}

/** Answered after the commit. */
async function patch(server: Server, ask: Ask<HostPatch>): Promise<Answer> {
  const id = param(ask, "id");
  const { user, role } = userOf(ask);
  if (ask.body.name !== undefined && role !== "admin")
    throw new Refusal("forbidden", "only an admin may name a host", { hint: "Ask an admin." });
  const { applied, result } = await transactFor(server, ask, (work) => {
    patchHost(work, id, ask.body, user);
    return work.fleet.hosts.get(id) as Host & JsonValue;
  });
  const host: Host = result;
  return { body: { host, epoch: applied.epoch, version: applied.version } satisfies HostAnswer };
}

/**
 * Of a repeat that is the same token again, and it is stored nowhere: it follows from the session's secret and the key. In
 * another session of the same user the key is another one.
 */
async function makeToken(server: Server, ask: Ask<EnrollmentTokenRequest | undefined>): Promise<Answer> {
  const { user, secret, session } = userOf(ask);
  const key = idempotencyKey(ask);
  const token = key === null ? newSecret() : enrollmentTokenOf(secret, key);
  const make = (work: Work) =>
    makeEnrollmentToken(work, hashOf(token), user, ask.body ?? {}) as EnrollmentToken & JsonValue;
  const { result } = await transactFor(server, ask, make, session.id);
  const made: EnrollmentToken = result;
  return { status: 201, body: { ...made, token } satisfies EnrollmentTokenAnswer };
}

/** The agent's socket is closed before this is answered (rule A11). A repeat touches no host that has the name since. */
async function remove(server: Server, ask: Ask<unknown>): Promise<Answer> {
  const id = param(ask, "id");
  const closeSockets = () =>
    server.revoke((subject) => (subject.kind === "agent" && subject.host === id ? 4403 : null));
  const { applied } = await transactFor(server, ask, (work) => {
    removeHost(work, id, userOf(ask).user);
    closeSockets(); // Now, so that not even this change reaches them, and again for one that came in between.
    return null;
  });
  if (!applied.replayed) {
    closeSockets();
    server.forget(id);
  }
  return { body: { epoch: applied.epoch, version: applied.version } };
}
