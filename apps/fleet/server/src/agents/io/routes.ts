import {
  agentSpace,
  ClaimAnswer,
  ClaimRequest,
  EnrollAnswer,
  EnrollRequest,
  ReportsAnswer,
  ReportsRequest,
  type Settled,
} from "@neverstale/fleet-domain";
import { enroll } from "../../accounts/decide.ts";
import { credentialOf, hashOf } from "../../accounts/io/secrets.ts";
import { claim } from "../../commands/claims.ts";
import type { Work } from "../../fleet/work.ts";
import { callerOf } from "../../http/io/http.ts";
import { type Answer, hostOf, type Route, withBody } from "../../http/io/route.ts";
import { Refusal } from "../../http/problem.ts";
import type { Server } from "../../process/io/server.ts";
import { takeReports } from "../reports.ts";

export function agentRoutes(server: Server): Route[] {
  const inTurn = turns();
  return [
    withBody({
      method: "POST",
      path: "/agent/enroll",
      allow: "new_agent",
      guesses: true,
      body: EnrollRequest,
      answer: EnrollAnswer,
      handle: async ({ body, request }) => {
        const credential = credentialOf(body.token, body.nonce);
        const secrets = {
          tokenHash: hashOf(body.token),
          nonceHash: hashOf(body.nonce),
          credentialHash: hashOf(credential),
        };
        const { result: hostId } = await server.transact((work) => enroll(work, body, secrets));
        server.log.info({ ...callerOf(server, request), host: hostId }, "a host enrolled");
        return { body: { hostId, credential, now: server.moment().iso } satisfies EnrollAnswer };
      },
    }),
    withBody({
      method: "POST",
      path: "/agent/claims",
      allow: "agent",
      body: ClaimRequest,
      answer: ClaimAnswer,
      handle: async (ask) => {
        const { result } = await server.transact((work) => claim(work, hostOf(ask), ask.body));
        if (!result.granted) throw new Refusal("claim_refused", result.reason, { hint: "Do not start it." });
        return { body: { now: server.moment().iso, granted: true } satisfies ClaimAnswer };
      },
    }),
    withBody({
      method: "POST",
      path: "/agent/reports",
      allow: "agent",
      body: ReportsRequest,
      answer: ReportsAnswer,
      handle: (ask) => inTurn(hostOf(ask), () => report(server, hostOf(ask), ask.body)),
    }),
  ];
}

async function report(server: Server, hostId: string, request: ReportsRequest): Promise<Answer> {
  const from = { hostId, presence: server.presence(hostId), inHistory: (moment: Settled) => server.inHistory(moment) };
  const take = (work: Work) => {
    const taken = takeReports(work, request, from);
    server.heard(hostId);
    return taken;
  };
  const { applied, result } = await server.transact(take, {
    space: agentSpace(hostId),
    ephemeral: request.reports.every((one) => one.type === "metrics" || one.type === "state"),
  });
  server.remember(hostId, result.presence);
  const { received, finished } = result;
  const settled = { epoch: applied.epoch, version: applied.version };
  return { body: { now: server.moment().iso, received, finished, settled } satisfies ReportsAnswer };
}

/** What one host sends is taken one after the other: what is remembered of it is never decided on twice. */
function turns(): <T>(hostId: string, run: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (hostId, run) => {
    const next = (last.get(hostId) ?? Promise.resolve()).then(run, run);
    last.set(hostId, next);
    const forget = () => {
      if (last.get(hostId) === next) last.delete(hostId);
    };
    next.then(forget, forget);
    return next;
  };
}
