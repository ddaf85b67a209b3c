/** These requests ask the server who is signed in, sign the visitor in, and sign the visitor out. */

import { problemOf } from "@neverstale/client";
import type { FleetSession } from "@neverstale/fleet-client";
import { sentences } from "../../state/format.ts";
import type { Reauthentication } from "../reauthentication.ts";
import type { SessionRequests } from "../visitor.ts";

export function sessionRequests(session: FleetSession, reauthentication: Reauthentication): SessionRequests {
  return {
    current: () => inWords(session.load()),
    goOnFor: (user) => session.goOnFor(user),
    signIn: (request) => inWords(session.signIn(request)),
    proxyUser: () => inWords(session.proxyUser()),
    signInByProxy: (code) => inWords(session.signInByProxy(code)),
    setUp: (request) => inWords(session.setUp(request)),
    takeInvitation: (request) => inWords(session.takeInvitation(request)),
    makeToken: (request) => reauthentication.around(() => inWords(session.makeToken(request))),
    notifications: () => inWords(session.notifications()),
    testNotification: (target) => inWords(session.testNotification(target)),
    setPassword: (request) => reauthentication.around(() => inWords(session.setPassword(request))),
    signOut: () => session.signOut({ signal: AbortSignal.timeout(LEAVING_MS) }),
  };
}

/** Whoever leaves waits no longer for a server that is away: it is told later. */
const LEAVING_MS = 5_000;

/** It rejects with the problem that the answer tells of, in the server's words. */
export async function inWords<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Error(failureText(error), { cause: error });
  }
}

function failureText(error: unknown): string {
  const problem = problemOf(error);
  if (problem === null) return "The server can't be reached.";
  const words = sentences(problem.detail, problem.hint);
  return words === "" ? `The server answered with status ${problem.status}.` : words;
}
