/** Whom a trusted proxy names may sign in without a password, where the server was told of the header. */

import { CodeOfProxyUser, ProxyUserAnswer, SessionAnswer } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import { type Ask, callerOf, type Route, withBody } from "../../http/route.ts";

/** `signIn` opens a session for the user. */
export function proxySignInRoutes(parts: ProxySignInParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/login/proxy",
      allow: "anyone",
      answer: ProxyUserAnswer,
      handle: ({ proxyUser = null }) =>
        proxyUser?.isBelieved === true ? { body: { user: proxyUser.name } satisfies ProxyUserAnswer } : { status: 204 },
    },
    withBody({
      method: "POST",
      path: "/api/login/proxy",
      allow: "anyone",
      guesses: true,
      body: CodeOfProxyUser,
      answer: SessionAnswer,
      handle: (ask) => parts.signIn(ask, namedUser(parts, ask)),
    }),
  ];
}

export interface ProxySignInParts {
  readonly manager: FleetManager;
  readonly refusalLog: RefusalLog;
  readonly signIn: (ask: Ask<CodeOfProxyUser>, user: string) => ReturnType<NonNullable<Route["handle"]>>;
}

/** It makes no users: whom an admin has not invited has no role here. */
function namedUser({ manager, refusalLog }: ProxySignInParts, ask: Ask<unknown>): string {
  const { proxyUser = null } = ask;
  if (proxyUser === null)
    throw new RequestRefusal("not_found", "no proxy has named a user", { hint: "Sign in with a password." });
  if (!proxyUser.isBelieved) {
    refusalLog.refused(ask.address, callerOf(ask), "a user was named by somebody who is no trusted proxy");
    throw new RequestRefusal("forbidden", "only a trusted proxy may say who somebody is", {
      hint: "Sign in with a password.",
    });
  }
  const user = accountsIn(manager)?.users.get(proxyUser.name);
  if (user !== undefined && user.disabled !== true) return user.id;
  throw new RequestRefusal("forbidden", "whom the proxy names has no account here, or a disabled one", {
    hint: "Ask an admin for an invitation under that name.",
  });
}
