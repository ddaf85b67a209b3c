import { LoginRequest, SessionAnswer, SetupRequest } from "@neverstale/fleet-domain";
import type { FastifyRequest } from "fastify";
import { ADMIN, endSession, openSession, SESSION_ABSOLUTE_MS, setUpAdmin } from "../accounts.ts";
import { cookieKind, sessionCookie } from "../cookies.ts";
import { Refusal } from "../problem.ts";
import type { Work } from "../work.ts";
import { addressOf, callerOf, tooMany } from "./http.ts";
import { type Answer, type Ask, type Route, userOf, withBody } from "./route.ts";
import { csrfTokenOf, hashOf, newSecret } from "./secrets.ts";
import type { Server } from "./server.ts";

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
      path: "/api/session",
      allow: "viewer",
      answer: SessionAnswer,
      handle: (ask) => ({ body: answerFor(userOf(ask).user, userOf(ask).role, userOf(ask).secret) }),
    },
  ];
}

async function login(server: Server, { username, password }: LoginRequest, request: FastifyRequest): Promise<Answer> {
  const account = `${addressOf(server, request)} ${username.toLowerCase()}`;
  limitPasswords(server, account);
  const user = server.accounts?.users.get(username);
  if (!(await server.passwords.verify(password, user?.passwordHash)) || user === undefined) {
    // Only a name that exists: in the place of another one people type their password.
    server.log.warn({ ...callerOf(server, request), user: user?.id }, "a sign-in failed");
    throw new Refusal("not_signed_in", "the name or the password is wrong", { hint: "Try again." });
  }
  server.accountAttempts.refund(account);
  server.passwordAttempts.refund(EVERYONE);
  return newSession(server, request, user.id, (work) => {
    // Checked again where it counts: the password may have changed while it was being verified.
    if (work.accounts.users.get(user.id)?.passwordHash !== user.passwordHash)
      throw new Refusal("not_signed_in", "the password was changed just now");
    return "with a password";
  });
}

const EVERYONE = "";

/** Also for names that nobody has: whoever guesses learns nothing from it (C21). */
function limitPasswords(server: Server, account: string): void {
  const wait =
    server.accountAttempts.take(account, server.steadyNow()) ||
    server.passwordAttempts.take(EVERYONE, server.steadyNow());
  if (wait > 0) throw tooMany(wait);
}

/** The one-time link of the first start: makes `admin`, and signs in. */
async function setup(server: Server, { token, password }: SetupRequest, request: FastifyRequest): Promise<Answer> {
  const giveBack = server.setupLink.use(token, server.steadyNow());
  if (giveBack === null) {
    throw new Refusal("not_signed_in", "this sign-in link was used before, or has expired", {
      hint: "Sign in with a password; while there is none, each start of the server prints a new link.",
    });
  }
  try {
    const passwordHash = password === undefined ? null : await server.passwords.hash(password);
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
  const scheme = new URL(request.headers.origin ?? "http://none").protocol;
  const role = server.accounts?.users.get(user)?.role ?? "viewer";
  const cookie = sessionCookie(cookieKind(scheme, server.port), secret, SESSION_ABSOLUTE_MS / 1000);
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
  await server.transact((work) => endSession(work, session));
  closeSockets();
  server.log.info({ ...callerOf(server, ask.request), user }, "signed out");
  const scheme = new URL(ask.request.headers.origin ?? "http://none").protocol;
  return { headers: { "set-cookie": sessionCookie(cookieKind(scheme, server.port), null, 0) } };
}
