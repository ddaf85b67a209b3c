/** Users enrol a second factor, make recovery codes, and switch it off by these routes. Admins take that of another user away. */

import {
  CodeRequest,
  ConfirmRequest,
  RecoveryCodesAnswer,
  RemoveSecondFactor,
  SecondFactorAnswer,
  SecondFactorSecret,
} from "@neverstale/fleet-domain";
import type { Log } from "../../fleet/log.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { Work } from "../../fleet/work.ts";
import { idempotencyKey, type TransactFor } from "../../http/io/once.ts";
import type { Origins } from "../../http/origins.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import {
  type Answer,
  type Ask,
  askedFromOf,
  callerOf,
  param,
  type Route,
  sessionOf,
  withBody,
} from "../../http/route.ts";
import type { Claimants } from "../claimants.ts";
import { countFailedSignIn, countWrongCode } from "../failed-attempts.ts";
import type { Guesses } from "../guesses.ts";
import {
  beginEnrolment,
  confirmEnrolment,
  enrolledFactor,
  replaceRecoveryCodes,
  switchOff,
  takeFactorFrom,
} from "../second-factors.ts";
import { requireAdmin } from "../users.ts";
import type { Passwords } from "./passwords.ts";
import { newRecoveryCodes, type SecondFactors } from "./second-factors.ts";
import type { Sessions } from "./sessions.ts";

export function secondFactorRoutes(parts: SecondFactorRoutesParts): Route[] {
  const own = { allow: "viewer", people: true } as const;
  return [
    {
      ...own,
      method: "GET",
      path: "/api/second-factor",
      answer: SecondFactorAnswer,
      handle: (ask) => ({ body: shown(parts, sessionOf(ask).user) }),
    },
    {
      ...own,
      method: "POST",
      path: "/api/second-factor",
      recentProof: true,
      answer: SecondFactorSecret,
      answerStatus: 201,
      handle: (ask) => begin(parts, ask),
    },
    withBody({
      ...own,
      method: "POST",
      path: "/api/second-factor/confirm",
      guesses: true,
      body: CodeRequest,
      answer: RecoveryCodesAnswer,
      handle: (ask) => confirm(parts, ask),
    }),
    withBody({
      ...own,
      method: "POST",
      path: "/api/second-factor/recovery-codes",
      guesses: true,
      body: CodeRequest,
      answer: RecoveryCodesAnswer,
      handle: (ask) => newCodes(parts, ask),
    }),
    withBody({
      ...own,
      method: "POST",
      path: "/api/second-factor/remove",
      guesses: true,
      body: RemoveSecondFactor,
      handle: (ask) => remove(parts, ask),
    }),
    withBody({
      ...own,
      method: "POST",
      path: "/api/session/confirm",
      guesses: true,
      body: ConfirmRequest,
      handle: (ask) => confirmSession(parts, ask),
    }),
    {
      method: "DELETE",
      path: "/api/users/:name/second-factor",
      allow: "admin",
      people: true,
      wholeFleet: true,
      recentProof: true,
      handle: (ask) => takeFrom(parts, ask),
    },
  ];
}

export interface SecondFactorRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly transactFor: TransactFor;
  readonly secondFactors: SecondFactors;
  readonly sessions: Sessions;
  readonly claimants: Claimants;
  readonly guesses: Guesses;
  readonly passwords: Passwords;
  readonly refusalLog: RefusalLog;
  readonly origins: Origins;
  readonly log: Log;
}

function shown({ manager }: SecondFactorRoutesParts, user: string): SecondFactorAnswer {
  const accounts = accountsIn(manager);
  const factor = accounts === null ? null : enrolledFactor(accounts, user);
  return {
    ...(factor?.confirmedAt !== undefined && { confirmedAt: factor.confirmedAt }),
    recoveryCodes: factor?.recoveryHashes.length ?? 0,
    hasPassword: accounts?.users.get(user)?.passwordHash !== undefined,
  };
}

/** A repeat makes another secret, and the one that was shown last counts. */
async function begin(
  { transactions, secondFactors, origins }: SecondFactorRoutesParts,
  ask: Ask<unknown>,
): Promise<Answer> {
  const { user } = sessionOf(ask);
  const server = URL.parse(origins.all[0] ?? "")?.hostname ?? "";
  const { sealed, ...told } = secondFactors.draw(user, server);
  await transactions.transact((work) => beginEnrolment(work, user, sealed));
  return { status: 201, body: told satisfies SecondFactorSecret };
}

async function confirm(parts: SecondFactorRoutesParts, ask: Ask<CodeRequest>): Promise<Answer> {
  const { user, secret, session } = sessionOf(ask);
  const { codes, hashes } = newRecoveryCodes(user, secret, idempotencyKey(ask));
  const { proof, wasRight } = parts.secondFactors.judgeFirst(user, ask.body.totp);
  await parts.transactFor(
    ask,
    (work) => {
      confirmEnrolment(work, user, proof, hashes);
      return null;
    },
    session.id,
  );
  wasRight();
  await parts.transactions.untilEverywhere();
  return { body: { recoveryCodes: [...codes] } satisfies RecoveryCodesAnswer };
}

async function newCodes(parts: SecondFactorRoutesParts, ask: Ask<CodeRequest>): Promise<Answer> {
  const { user, secret, session } = sessionOf(ask);
  requireFactor(parts, user);
  const { codes, hashes } = newRecoveryCodes(user, secret, idempotencyKey(ask));
  const code = parts.secondFactors.judge(user, ask.body.totp);
  const replace = (work: Work) => {
    code.use(work);
    replaceRecoveryCodes(work, user, hashes);
    return null;
  };
  await parts.transactFor(ask, replace, session.id).catch((error: unknown) => countWrongCode(parts, ask, user, error));
  code.wasRight();
  return { body: { recoveryCodes: [...codes] } satisfies RecoveryCodesAnswer };
}

function requireFactor({ secondFactors }: SecondFactorRoutesParts, user: string): void {
  if (secondFactors.isEnrolled(user)) return;
  throw new RequestRefusal("bad_request", "there is no second factor", { hint: "Set one up first." });
}

/** Where it is off already, a repeat is answered as the first request was. */
async function remove(parts: SecondFactorRoutesParts, ask: Ask<RemoveSecondFactor>): Promise<Answer> {
  const { transactions, secondFactors } = parts;
  const { user } = sessionOf(ask);
  if (!secondFactors.isEnrolled(user)) return {};
  await requirePassword(parts, ask, ask.body.password ?? "");
  const code = secondFactors.judge(user, ask.body.totp);
  const off = (work: Work) => {
    code.use(work.askedBy(askedFromOf(ask)));
    switchOff(work, user);
  };
  await transactions.transact(off).catch((error: unknown) => countWrongCode(parts, ask, user, error));
  code.wasRight();
  await transactions.untilEverywhere();
  return {};
}

/** Whoever has a second factor shows a code, and anybody else the password. So it is one thing to type. */
async function confirmSession(parts: SecondFactorRoutesParts, ask: Ask<ConfirmRequest>): Promise<Answer> {
  const { secondFactors, sessions } = parts;
  const { user, session } = sessionOf(ask);
  const { totp, password } = ask.body;
  if (!secondFactors.isEnrolled(user)) {
    if (accountsIn(parts.manager)?.users.get(user)?.passwordHash === undefined)
      throw new RequestRefusal("bad_request", "there is neither a password nor a second factor to show", {
        hint: "Sign in again: by the proxy, or by a one-time link, which an admin or neverstale admin reset makes.",
      });
    await requirePassword(parts, ask, password ?? "");
  }
  const code = secondFactors.judge(user, totp);
  await sessions
    .prove(session, (work) => code.use(work.askedBy(askedFromOf(ask))))
    .catch((error: unknown) => countWrongCode(parts, ask, user, error));
  code.wasRight();
  return {};
}

/** It throws `forbidden` for a wrong one. Where there is no password, none is asked for. */
async function requirePassword(parts: SecondFactorRoutesParts, ask: Ask<unknown>, password: string): Promise<void> {
  const { claimants, guesses, log, manager, passwords } = parts;
  const { user } = sessionOf(ask);
  const stored = accountsIn(manager)?.users.get(user)?.passwordHash;
  if (stored === undefined) return;
  const who = claimants.of(ask, user);
  const giveBack = guesses.password(who, user);
  if (!(await passwords.verify(password, stored, who))) {
    log.warn({ ...callerOf(ask), user }, "a confirmation failed: the password was wrong");
    await countFailedSignIn(parts, ask.address);
    throw new RequestRefusal("forbidden", "the password is wrong", { hint: "Try again." });
  }
  giveBack();
}

async function takeFrom({ transactions, transactFor }: SecondFactorRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const { user, session } = sessionOf(ask);
  await transactFor(
    ask,
    (work) => {
      requireAdmin(work, user);
      takeFactorFrom(work, user, param(ask, "name"));
      return null;
    },
    session.id,
  );
  await transactions.untilEverywhere();
  return {};
}
