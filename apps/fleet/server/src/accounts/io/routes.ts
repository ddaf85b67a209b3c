/** People sign in and out, and set their password, by these routes. */

import {
  type CodeOfProxyUser,
  LoginRequest,
  PasswordRequest,
  SessionAnswer,
  SetupRequest,
  TakeLinkRequest,
} from "@neverstale/fleet-domain";
import type { Log } from "../../fleet/log.ts";
import type { Clocks } from "../../fleet/moment.ts";
import { line } from "../../fleet/note.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import { isStoreAway, type Transactions } from "../../fleet/transact.ts";
import type { Work } from "../../fleet/work.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import {
  type Answer,
  type Ask,
  askedFromOf,
  callerOf,
  type RequestSource,
  type Route,
  type ShownSession,
  sessionOf,
  withBody,
} from "../../http/route.ts";
import type { Claimants } from "../claimants.ts";
import type { Cookies } from "../cookies.ts";
import { ADMIN, changePassword, SESSION_ABSOLUTE_MS, type SessionSource, setUpAdmin } from "../decide.ts";
import { countFailedSignIn, countWrongCode } from "../failed-attempts.ts";
import type { Guesses } from "../guesses.ts";
import { requireRecentProof } from "../recent-proof.ts";
import { codeMissing, type JudgedCode } from "../second-factors.ts";
import { refusedLink, takeLink, userOfLink } from "../users.ts";
import type { Passwords } from "./passwords.ts";
import { proxySignInRoutes } from "./proxy-sign-in.ts";
import type { SecondFactors } from "./second-factors.ts";
import { csrfTokenOf, hashOf } from "./secrets.ts";
import type { ServerKey } from "./server-key.ts";
import type { Sessions } from "./sessions.ts";
import type { SetupLink } from "./setup-link.ts";

export function accountRoutes(parts: AccountRoutesParts): Route[] {
  return [
    withBody({
      method: "POST",
      path: "/api/login",
      allow: "anyone",
      guesses: true,
      body: LoginRequest,
      answer: SessionAnswer,
      handle: (ask) => login(parts, ask),
    }),
    withBody({
      method: "POST",
      path: "/api/invitation",
      allow: "anyone",
      guesses: true,
      body: TakeLinkRequest,
      answer: SessionAnswer,
      handle: (ask) => takeInvitation(parts, ask),
    }),
    withBody({
      method: "POST",
      path: "/api/setup",
      allow: "anyone",
      guesses: true,
      body: SetupRequest,
      answer: SessionAnswer,
      handle: (ask) => setup(parts, ask),
    }),
    ...proxySignInRoutes({ ...parts, signIn: (ask, user) => loginByProxy(parts, ask, user) }),
    { method: "POST", path: "/api/logout", allow: "viewer", people: true, handle: (ask) => logout(parts, ask) },
    {
      method: "GET",
      path: "/api/session/here",
      allow: "anyone",
      answer: SessionAnswer,
      handle: (ask) => sessionHere(parts, ask),
    },
    {
      method: "GET",
      path: "/api/session",
      allow: "viewer",
      people: true,
      answer: SessionAnswer,
      handle: (ask) => whoAmI(parts, ask),
    },
    withBody({
      method: "POST",
      path: "/api/password",
      allow: "viewer",
      people: true,
      guesses: true,
      body: PasswordRequest,
      handle: (ask) => setPassword(parts, ask),
    }),
  ];
}

export interface AccountRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly sessions: Sessions;
  readonly cookies: Cookies;
  readonly claimants: Claimants;
  readonly guesses: Guesses;
  readonly refusalLog: RefusalLog;
  readonly passwords: Passwords;
  readonly secondFactors: SecondFactors;
  readonly setupLink: SetupLink;
  readonly key: ServerKey;
  readonly clocks: Clocks;
  readonly log: Log;
}

/**
 * It answers whose session the browser has, or 204 for none. A page asks this before it knows. A 401 would make the browser write an
 * error into its console, and being signed out is no error.
 */
function sessionHere({ sessions }: AccountRoutesParts, { headers }: RequestSource): Answer {
  const session = sessions.of(headers);
  return session === null ? { status: 204 } : { body: answerFor(session) };
}

async function login(parts: AccountRoutesParts, ask: Ask<LoginRequest>): Promise<Answer> {
  const { username, password, totp } = ask.body;
  const { claimants, guesses, log, manager, passwords, secondFactors } = parts;
  const who = claimants.of(ask, username);
  const giveBack = guesses.password(who, username);
  const user = accountsIn(manager)?.users.get(username);
  const isRight = await passwords.verify(password, user?.passwordHash, who);
  if (!isRight || user === undefined || user.disabled === true) {
    // Only a name that exists is logged: people also type their password where the name belongs.
    log.warn({ ...callerOf(ask), user: user?.id }, "a sign-in failed");
    await countFailedSignIn(parts, ask.address);
    throw new RequestRefusal("not_signed_in", "the name or the password is wrong", { hint: "Try again." });
  }
  giveBack();
  if (totp === undefined && secondFactors.isEnrolled(user.id)) {
    guesses.forgive(claimants.of(ask)); // The password was no guess, and the next request brings the code.
    throw codeMissing();
  }
  const code = secondFactors.judge(user.id, totp);
  const answer = await newSession(parts, ask, user.id, (work) => {
    // This is checked again where it counts: the password may have changed while it was being verified.
    const now = work.accounts.users.get(user.id);
    if (now?.passwordHash !== user.passwordHash || now?.disabled === true)
      throw new RequestRefusal("not_signed_in", "the password was changed just now");
    code.use(work);
    return "with a password";
  })
    .catch((error: unknown) => signInWithoutStore(parts, ask, user.id, code, error))
    .catch((error: unknown) => countWrongCode(parts, ask, user.id, error));
  code.wasRight();
  return answer;
}

/** The proxy has asked for a password, and this server asks for the code of whoever has a second factor here. */
async function loginByProxy(parts: AccountRoutesParts, ask: Ask<CodeOfProxyUser>, user: string): Promise<Answer> {
  const code = parts.secondFactors.judge(user, ask.body.totp);
  const answer = await newSession(parts, ask, user, (work) => {
    // A session of nobody would be that of whoever is invited under this name next.
    const now = work.accounts.users.get(user);
    if (now === undefined || now.disabled === true)
      throw new RequestRefusal("forbidden", `${user} was removed or disabled just now`, { hint: "Ask an admin." });
    code.use(work);
    return "by the proxy";
  }).catch((error: unknown) => countWrongCode(parts, ask, user, error));
  code.wasRight();
  return answer;
}

/** A device that is not known yet is named by a cookie. From then on its sign-ins wait for nobody who is new. */
function whoAmI({ claimants, cookies, key }: AccountRoutesParts, ask: Ask<unknown>): Answer {
  const session = sessionOf(ask);
  const { user } = session;
  const body = answerFor(session);
  if (claimants.deviceIn(ask.headers)?.user === user) return { body };
  return { headers: { "set-cookie": cookies.setDevice(key.newDevice(user), DEVICE_S) }, body };
}

const DEVICE_S = 365 * 24 * 60 * 60;

/** It needs the present password, or a recent proof of another kind where there is none (C33). The user's other sessions end before this is answered. */
async function setPassword(parts: AccountRoutesParts, ask: Ask<PasswordRequest>): Promise<Answer> {
  const { claimants, clocks, guesses, log, manager, passwords, sessions, transactions } = parts;
  const { user, session } = sessionOf(ask);
  const hasPassword = accountsIn(manager)?.users.get(user)?.passwordHash !== undefined;
  if (!hasPassword) requireRecentProof(session, clocks.now()); // Else an open session that was stolen would become a way in for good.
  const who = claimants.of(ask, user);
  const giveBack = guesses.password(who, user);
  const known = await requireCurrent(parts, ask);
  giveBack();
  const hash = await passwords.hash(ask.body.password, who);
  const change = (stored: string | undefined) =>
    transactions.transact((work) =>
      work.accounts.users.get(user)?.passwordHash === stored
        ? changePassword(work.askedBy(askedFromOf(ask)), user, hash, session.id)
        : null,
    );
  let { result: ended } = await change(known);
  // It may be this very request, sent twice at once, that has changed it: so it is looked at once more.
  if (ended === null) ended = (await change(await requireCurrent(parts, ask))).result;
  if (ended === null)
    throw new RequestRefusal("forbidden", "the password was changed just now", { hint: "Try again with the new one." });
  sessions.closeEnded(ended, (other) => other.user === user && other.id !== session.id);
  await transactions.untilEverywhere();
  log.warn({ ...callerOf(ask), user }, "a password was set");
  return {};
}

/** It returns the stored hash, of which the request knows the password: as the current one, or as the new one that it has set already. */
async function requireCurrent(parts: AccountRoutesParts, ask: Ask<PasswordRequest>): Promise<string | undefined> {
  const { claimants, log, manager, passwords } = parts;
  const { user } = sessionOf(ask);
  const { current, password } = ask.body;
  const stored = accountsIn(manager)?.users.get(user)?.passwordHash;
  const who = claimants.of(ask, user);
  const isRight = (text: string) => passwords.verify(text, stored, who);
  if (stored === undefined || (await isRight(current ?? "")) || (await isRight(password))) return stored;
  log.warn({ ...callerOf(ask), user }, "a password was not changed: the current one was wrong");
  throw new RequestRefusal("forbidden", "the current password is wrong", { hint: "Send it as current." });
}

/** The one-time link makes `admin`, and signs in. */
async function setup(parts: AccountRoutesParts, ask: Ask<SetupRequest>): Promise<Answer> {
  const { token, password } = ask.body;
  const { claimants, clocks, passwords, setupLink } = parts;
  const giveBack = setupLink.use(token, clocks.steadyNow());
  if (giveBack === null) {
    throw new RequestRefusal("not_signed_in", "this sign-in link was used before, or has expired", {
      hint: "Sign in with a password, or run neverstale admin reset on the server's machine for a new link.",
    });
  }
  try {
    const passwordHash = password === undefined ? null : await passwords.hash(password, claimants.of(ask));
    return await newSession(parts, ask, ADMIN, (work) => {
      setUpAdmin(work, passwordHash);
      return "with the one-time link";
    });
  } catch (error) {
    giveBack(); // The link is the only way in, and nobody has come in by it yet.
    throw error;
  }
}

/** The link is looked up before anything is hashed, and again where it counts: it works once. */
async function takeInvitation(parts: AccountRoutesParts, ask: Ask<TakeLinkRequest>): Promise<Answer> {
  const { claimants, manager, passwords, secondFactors, transactions } = parts;
  const linkHash = hashOf(ask.body.token);
  const accounts = accountsIn(manager);
  const user = accounts === null ? null : userOfLink(accounts, linkHash, transactions.moment());
  if (user === null) throw refusedLink();
  const code = secondFactors.judge(user.id, ask.body.totp); // A link replaces a password, and nothing else.
  const passwordHash = await passwords.hash(ask.body.password, claimants.of(ask));
  const answer = await newSession(parts, ask, user.id, (work) => {
    code.use(work);
    takeLink(work, linkHash, passwordHash);
    return "by a one-time link";
  }).catch((error: unknown) => countWrongCode(parts, ask, user.id, error));
  code.wasRight();
  return answer;
}

async function newSession(
  parts: AccountRoutesParts,
  source: RequestSource,
  user: string,
  prepare: (work: Work) => string,
): Promise<Answer> {
  const secret = await parts.sessions.open(sourceOf(source), (work) => ({ user, how: prepare(work) }));
  parts.log.info({ ...callerOf(source), user }, "signed in");
  return welcome(parts, source, user, secret);
}

/**
 * Whoever frees a full disk must be able to look. Such a session is kept in memory, and ends with this process. No other node would
 * know it, and of several nodes each shows what it holds to sessions that are stored.
 */
function signInWithoutStore(
  parts: AccountRoutesParts,
  source: RequestSource,
  user: string,
  code: JudgedCode,
  error: unknown,
): Answer {
  if (!isStoreAway(error) || parts.manager.node !== null) throw error;
  code.useWithoutStore();
  const secret = parts.sessions.openInMemory(user, sourceOf(source));
  parts.log.warn({ ...callerOf(source), user }, "signed in; the session is not stored: the store takes no changes");
  return welcome(parts, source, user, secret);
}

/** It answers somebody who has signed in. */
function welcome(
  { claimants, cookies, manager }: AccountRoutesParts,
  source: RequestSource,
  user: string,
  secret: string,
): Answer {
  claimants.welcome(source);
  const { role = "viewer", tags = null } = accountsIn(manager)?.users.get(user) ?? {};
  const cookie = cookies.setSession(source.headers, secret, SESSION_ABSOLUTE_MS / 1000);
  return { headers: { "set-cookie": cookie }, body: answerFor({ user, role, tags, secret }) };
}

function sourceOf({ address, headers }: RequestSource): SessionSource {
  const browser = headers["user-agent"];
  return { address: address.slice(0, 100), ...(typeof browser === "string" && { browser: line(browser) }) };
}

function answerFor({ user, role, tags, secret }: Omit<ShownSession, "session">): SessionAnswer {
  return { user, role, ...(tags !== null && { tags }), csrfToken: csrfTokenOf(secret) };
}

/** The session's sockets are closed before this is answered (rule A11). */
async function logout({ cookies, log, sessions }: AccountRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const { session, user } = sessionOf(ask);
  await sessions.end(session, user, askedFromOf(ask));
  log.info({ ...callerOf(ask), user }, "signed out");
  return { headers: { "set-cookie": cookies.setSession(ask.headers, null, 0) } };
}
