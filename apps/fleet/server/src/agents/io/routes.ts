/** Agents post to these routes, and admins make and remove enrolment tokens by them. */

import { TurnsByKey } from "@neverstale/base";
import {
  agentSpace,
  ClaimAnswer,
  ClaimRequest,
  CredentialAnswer,
  CredentialRequest,
  EnrollAnswer,
  EnrollmentToken,
  EnrollmentTokenAnswer,
  EnrollmentTokenRequest,
  EnrollRequest,
  ReportsAnswer,
  ReportsRequest,
  type Settled,
} from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { credentialOf, hashOf, newSecret, nextCredentialOf, tokenFor } from "../../accounts/io/secrets.ts";
import { claim } from "../../commands/claims.ts";
import type { Log } from "../../fleet/log.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager, isInHistory } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { Work } from "../../fleet/work.ts";
import { idempotencyKey, type TransactFor } from "../../http/io/once.ts";
import {
  type Answer,
  type Ask,
  askedFromOf,
  callerOf,
  hostOf,
  param,
  type Route,
  userOf,
  withBody,
} from "../../http/route.ts";
import { enroll, makeEnrollmentToken, removeEnrollmentToken, shownToken } from "../enroll.ts";
import type { Presences } from "../presences.ts";
import { acceptReports } from "../reports.ts";
import { isGivenOut, isRotationAsked, renewCredential, settleCredential } from "../rotation.ts";
import { shownIn } from "./credentials.ts";

/** Agents post to these themselves. */
export function agentRoutes(parts: AgentRoutesParts): Route[] {
  // What one host sends is taken one after the other: what is remembered of it is never decided on twice.
  const turns = new TurnsByKey();
  return [
    withBody({
      method: "POST",
      path: "/agent/enroll",
      allow: "new_agent",
      guesses: true,
      body: EnrollRequest,
      answer: EnrollAnswer,
      handle: (ask) => enrollHost(parts, ask),
    }),
    withBody({
      method: "POST",
      path: "/agent/claims",
      allow: "agent",
      body: ClaimRequest,
      answer: ClaimAnswer,
      handle: (ask) => claimCommand(parts, ask),
    }),
    withBody({
      method: "POST",
      path: "/agent/credential",
      allow: "agent",
      body: CredentialRequest,
      answer: CredentialAnswer,
      handle: (ask) => turns.take(hostOf(ask), () => renew(parts, ask)),
    }),
    withBody({
      method: "POST",
      path: "/agent/reports",
      allow: "agent",
      body: ReportsRequest,
      answer: ReportsAnswer,
      handle: (ask) => turns.take(hostOf(ask), () => report(parts, ask)),
    }),
  ];
}

export interface AgentRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly presences: Presences;
  readonly log: Log;
}

async function enrollHost({ transactions, log }: AgentRoutesParts, ask: Ask<EnrollRequest>): Promise<Answer> {
  const { body } = ask;
  const credential = credentialOf(body.token, body.nonce);
  const secrets = {
    tokenHash: hashOf(body.token),
    nonceHash: hashOf(body.nonce),
    credentialHash: hashOf(credential),
  };
  const { result: hostId } = await transactions.transact((work) =>
    enroll(work.askedBy(askedFromOf(ask)), body, secrets),
  );
  await transactions.untilEverywhere(); // Its agent may come to another node next.
  log.info({ ...callerOf(ask), host: hostId }, "a host enrolled");
  return { body: { hostId, credential, now: transactions.moment().iso } satisfies EnrollAnswer };
}

async function claimCommand({ transactions }: AgentRoutesParts, ask: Ask<ClaimRequest>): Promise<Answer> {
  const { result } = await transactions.transact((work) =>
    claim(work.askedBy(askedFromOf(ask)), hostOf(ask), ask.body),
  );
  if (!result.granted) throw new RequestRefusal("claim_refused", result.reason, { hint: "Do not start it." });
  return { body: { now: transactions.moment().iso, granted: true } satisfies ClaimAnswer };
}

async function renew({ transactions }: AgentRoutesParts, ask: Ask<CredentialRequest>): Promise<Answer> {
  const secret = shownIn(ask.headers) ?? "";
  const credential = nextCredentialOf(secret, ask.body.nonce);
  const renewal = { shown: hashOf(secret), next: hashOf(credential) };
  const { result: isGiven } = await transactions.transact((work) => {
    settleCredential(work.askedBy(askedFromOf(ask)), renewal.shown);
    renewCredential(work, hostOf(ask), renewal);
    return isGivenOut(work, renewal);
  });
  if (!isGiven)
    throw new RequestRefusal("forbidden", "another agent of this host was given the next credential", {
      hint: "Go on with this one.",
    });
  await transactions.untilEverywhere(); // It may be shown to another node next.
  return { body: { credential, now: transactions.moment().iso } satisfies CredentialAnswer };
}

async function report(parts: AgentRoutesParts, ask: Ask<ReportsRequest>): Promise<Answer> {
  const { manager, transactions, presences } = parts;
  const hostId = hostOf(ask);
  const request = ask.body;
  const shown = hashOf(shownIn(ask.headers) ?? "");
  const from = { hostId, presence: presences.of(hostId), inHistory: (moment: Settled) => isInHistory(manager, moment) };
  const take = (work: Work) => {
    settleCredential(work, shown);
    const taken = acceptReports(work, request, from);
    presences.heard(hostId);
    return { ...taken, rotate: isRotationAsked(work, shown) };
  };
  const { applied, result } = await transactions.transact(take, {
    space: agentSpace(hostId),
    ephemeral: request.reports.every((one) => one.type === "metrics" || one.type === "state"),
  });
  presences.remember(hostId, result.presence);
  const { received, finished, rotate } = result;
  const settled = { epoch: applied.epoch, version: applied.version };
  return {
    body: {
      now: transactions.moment().iso,
      received,
      finished,
      settled,
      ...(rotate && { rotateCredential: true as const }),
    } satisfies ReportsAnswer,
  };
}

export interface EnrollmentRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
}

/** An admin uses these so that an agent may enrol. */
export function enrollmentRoutes(parts: EnrollmentRoutesParts): Route[] {
  const { manager, transactFor } = parts;
  return [
    withBody({
      method: "POST",
      path: "/api/enrollment-tokens",
      allow: "admin",
      recentProof: true,
      wholeFleet: true,
      body: EnrollmentTokenRequest.optional(),
      answer: EnrollmentTokenAnswer,
      answerStatus: 201,
      handle: (ask) => makeToken(parts, ask),
    }),
    {
      method: "GET",
      path: "/api/enrollment-tokens",
      allow: "admin",
      wholeFleet: true,
      answer: EnrollmentToken.array(),
      handle: () => ({
        body: [...(accountsIn(manager)?.enrollmentTokens.values() ?? [])].map(shownToken) satisfies EnrollmentToken[],
      }),
    },
    {
      method: "DELETE",
      path: "/api/enrollment-tokens/:id",
      allow: "admin",
      wholeFleet: true,
      handle: async (ask) => {
        await transactFor(ask, (work) => {
          removeEnrollmentToken(work, param(ask, "id"), userOf(ask).user);
          return null;
        });
        return {};
      },
    },
  ];
}

/**
 * A repeat gets the same token again, and it is stored nowhere: it follows from the session's secret and the key. In
 * another session of the same user the key is another one.
 */
async function makeToken(
  { transactFor }: EnrollmentRoutesParts,
  ask: Ask<EnrollmentTokenRequest | undefined>,
): Promise<Answer> {
  const { user, secret, id } = userOf(ask);
  const key = idempotencyKey(ask);
  const token = key === null ? newSecret() : tokenFor(secret, "enrolment token", key);
  const make = (work: Work) =>
    makeEnrollmentToken(work, hashOf(token), user, ask.body ?? {}) as EnrollmentToken & JsonValue;
  const { result } = await transactFor(ask, make, id);
  const made: EnrollmentToken = result;
  return { status: 201, body: { ...made, token } satisfies EnrollmentTokenAnswer };
}
