import { LoginRequest, PasswordRequest, SessionAnswer, SetupRequest } from "@neverstale/fleet-domain";
import type { FastifyRequest } from "fastify";
import type { Work } from "../../fleet/work.ts";
import { addressGroup } from "../../http/address-group.ts";
import { sessionOf } from "../../http/io/guard.ts";
import { addressOf, callerOf, claimantOf, deviceIn, tooMany } from "../../http/io/http.ts";
import { type Answer, type Ask, type Route, userOf, withBody } from "../../http/io/route.ts";
import { Refusal } from "../../http/problem.ts";
import { isStoreAway, type Server } from "../../process/io/server.ts";
import { cookieKind, deviceKind, setCookie } from "../cookies.ts";
import { ADMIN, changePassword, endSession, openSession, SESSION_ABSOLUTE_MS, setUpAdmin } from "../decide.ts";
import type { Claimant } from "../fair-queue.ts";
import { csrfTokenOf, hashOf, newSecret } from "./secrets.ts";

export function sessionRoutes(server: Server): Route[] {
  return [
    withBody({
      method: "POST",
      path: "/api/login",
      allow: "anyone",
      guesses: true,
      body: LoginRequest,
      answer: SessionAnswer,
      handle: ({ body, request }) => login(server, body, request),
    }),
    withBody({
      method: "POST",
      path: "/api/setup",
      allow: "anyone",
      guesses: true,
      body: SetupRequest,
      answer: SessionAnswer,
      handle: ({ body, request }) => setup(server, body, request),
    }),
    { method: "POST", path: "/api/logout", allow: "viewer", handle: (ask) => logout(server, ask) },
    {
      method: "GET",
      path: "/api/session/here",
      allow: "anyone",
      answer: SessionAnswer,
      handle: ({ request }) => sessionHere(server, request),
    },
    {
      method: "GET",
      path: "/api/session",
      allow: "viewer",
      answer: SessionAnswer,
      handle: (ask) => whoAmI(server, ask),
    },
    withBody({
      method: "POST",
      path: "/api/password",
      allow: "viewer",
      guesses: true,
      body: PasswordRequest,
      handle: (ask) => setPassword(server, ask),
    }),
  ];
}

/**
 * Whose session the browser has, or 204 for none: what a page asks before it knows. Of a 401 a browser writes an error into its
 * console, and to be signed out is none.
 */
function sessionHere(server: Server, request: FastifyRequest): Answer {
  const session = sessionOf(server, request.headers);
  return session === null ? { status: 204 } : { body: answerFor(session.user, session.role, session.secret) };
}

async function login(server: Server, { username, password }: LoginRequest, request: FastifyRequest): Promise<Answer> {
  const who = claimantOf(server, request, username);
  const giveBack = limitPasswords(server, who, username);
  const user = server.accounts?.users.get(username);
  if (!(await server.passwords.verify(password, user?.passwordHash, who)) || user === undefined) {
    // Only a name that exists: in the place of another one people type their password.
    server.log.warn({ ...callerOf(server, request), user: user?.id }, "a sign-in failed");
    throw new Refusal("not_signed_in", "the name or the password is wrong", { hint: "Try again." });
  }
  giveBack();
  return newSession(server, request, user.id, (work) => {
    // Checked again where it counts: the password may have changed while it was being verified.
    if (work.accounts.users.get(user.id)?.passwordHash !== user.passwordHash)
      throw new Refusal("not_signed_in", "the password was changed just now");
    return "with a password";
  }).catch((error: unknown) => signInWithoutStore(server, request, user.id, error));
}

/**
 * Also for names that nobody has: whoever guesses learns nothing from it (C21). Returns how to give back what was taken,
 * as it was no guess.
 */
function limitPasswords(server: Server, who: Claimant, username: string): () => void {
  const account = `${who.key} ${username.toLowerCase()}`;
  const everyone = who.known ? "known" : "new";
  const now = server.steadyNow();
  const wait = server.accountAttempts.take(account, now) || server.passwordAttempts.take(everyone, now);
  if (wait > 0) throw tooMany(wait);
  return () => {
    server.accountAttempts.refund(account);
    server.passwordAttempts.refund(everyone);
  };
}

/** Names the device that asks by a cookie, unless it is known: its sign-ins then wait for nobody who is new. */
function whoAmI(server: Server, ask: Ask<unknown>): Answer {
  const { user, role, secret } = userOf(ask);
  const body = answerFor(user, role, secret);
  if (deviceIn(server, ask.request)?.user === user) return { body };
  const [scheme = "http:"] = server.origins.schemes;
  const cookie = setCookie(deviceKind(scheme, server.cookiePlace), server.key.newDevice(user), DEVICE_S);
  return { headers: { "set-cookie": cookie }, body };
}

const DEVICE_S = 365 * 24 * 60 * 60;

/** Wants the password there is, if there is one (C33). The user's other sessions end before this is answered. */
async function setPassword(server: Server, ask: Ask<PasswordRequest>): Promise<Answer> {
  const { user, session } = userOf(ask);
  const { current, password } = ask.body;
  const stored = server.accounts?.users.get(user)?.passwordHash;
  const who = claimantOf(server, ask.request, user);
  const giveBack = limitPasswords(server, who, user);
  const isRight = (text: string) => server.passwords.verify(text, stored, who);
  // The new one is there already when the answer to the same request was lost.
  if (stored !== undefined && !(await isRight(current ?? "")) && !(await isRight(password))) {
    server.log.warn(
      { ...callerOf(server, ask.request), user },
      "a password was not changed: the current one was wrong",
    );
    throw new Refusal("forbidden", "the current password is wrong", { hint: "Send it as current." });
  }
  giveBack();
  const hash = await server.passwords.hash(password, who);
  const { result: ended } = await server.transact((work) => {
    if (work.accounts.users.get(user)?.passwordHash !== stored)
      throw new Refusal("forbidden", "the password was changed just now", { hint: "Try again with the new one." });
    return changePassword(work, user, hash, session.id);
  });
  const inMemory = server.memorySessions.endAll((other) => other.user === user && other.id !== session.id);
  server.revokeSessions([...ended, ...inMemory]);
  server.log.warn({ ...callerOf(server, ask.request), user }, "a password was set");
  return {};
}

/** The one-time link: makes `admin`, and signs in. */
async function setup(server: Server, { token, password }: SetupRequest, request: FastifyRequest): Promise<Answer> {
  const giveBack = server.setupLink.use(token, server.steadyNow());
  if (giveBack === null) {
    throw new Refusal("not_signed_in", "this sign-in link was used before, or has expired", {
      hint: "Sign in with a password, or run neverstale admin reset on the server's machine for a new link.",
    });
  }
  try {
    const passwordHash =
      password === undefined ? null : await server.passwords.hash(password, claimantOf(server, request));
    return await newSession(server, request, ADMIN, (work) => {
      setUpAdmin(work, passwordHash);
      return "with the one-time link";
    });
  } catch (error) {
    giveBack(); // It is the only way in: nobody has come in by it yet.
    throw error;
  }
}

/** A new id at each sign-in, stored as a hash (C15). The cookie is of the kind the caller's own origin can have. */
async function newSession(
  server: Server,
  request: FastifyRequest,
  user: string,
  prepare: (work: Work) => string,
): Promise<Answer> {
  const secret = newSecret();
  await server.transact((work) => openSession(work, user, hashOf(secret), prepare(work)));
  server.log.info({ ...callerOf(server, request), user }, "signed in");
  return welcome(server, request, user, secret);
}

/** Whoever frees a full disk must be able to look: such a session is kept in memory, and ends with this process. */
function signInWithoutStore(server: Server, request: FastifyRequest, user: string, error: unknown): Answer {
  if (!isStoreAway(error)) throw error;
  const secret = newSecret();
  server.memorySessions.open(user, hashOf(secret), server.moment().iso);
  server.log.warn(
    { ...callerOf(server, request), user },
    "signed in; the session is not stored: the store takes no changes",
  );
  return welcome(server, request, user, secret);
}

/** What whoever has signed in is given. */
function welcome(server: Server, request: FastifyRequest, user: string, secret: string): Answer {
  server.acquainted.add(addressGroup(addressOf(server, request)));
  const scheme = new URL(request.headers.origin ?? "http://none").protocol;
  const role = server.accounts?.users.get(user)?.role ?? "viewer";
  const cookie = setCookie(cookieKind(scheme, server.cookiePlace), secret, SESSION_ABSOLUTE_MS / 1000);
  return { headers: { "set-cookie": cookie }, body: answerFor(user, role, secret) };
}

function answerFor(user: string, role: SessionAnswer["role"], secret: string): SessionAnswer {
  return { user, role, csrfToken: csrfTokenOf(secret) };
}

/** The session's sockets are closed before this is answered (rule A11). */
async function logout(server: Server, ask: Ask<unknown>): Promise<Answer> {
  const { session, user } = userOf(ask);
  const closeSockets = () =>
    server.revoke((subject) => (subject.kind === "user" && subject.sessionHash === session.id ? 4401 : null));
  closeSockets(); // Now, so that not even this change reaches them, and again for one that came in between.
  if (!server.memorySessions.end(session.id)) await server.transact((work) => endSession(work, session));
  closeSockets();
  server.log.info({ ...callerOf(server, ask.request), user }, "signed out");
  const scheme = new URL(ask.request.headers.origin ?? "http://none").protocol;
  return { headers: { "set-cookie": setCookie(cookieKind(scheme, server.cookiePlace), null, 0) } };
}
