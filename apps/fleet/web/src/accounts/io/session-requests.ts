/** These requests ask the server who is signed in, and sign the visitor in. */

import type { LoginRequest, ProblemDetails, SessionAnswer, SetupRequest } from "@neverstale/fleet-domain";
import { sentences } from "../../state/format.ts";
import { serverPath } from "../../state/io/base-path.ts";
import type { SessionRequests } from "../visitor.ts";

export const sessionRequests: SessionRequests = {
  async current() {
    const answer = await ask("/api/session/here", { method: "GET" });
    return answer.status === 204 ? null : sessionIn(answer);
  },
  signIn: async (request) => sessionIn(await post("/api/login", request)),
  setUp: async (request) => sessionIn(await post("/api/setup", request)),
};

function post(path: string, body: LoginRequest | SetupRequest): Promise<Response> {
  return ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(serverPath(path), { ...init, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new Error("The server can't be reached.");
  }
}

/** It throws the problem that the answer tells of, in the server's words. */
async function sessionIn(answer: Response): Promise<SessionAnswer> {
  if (answer.ok) return answer.json();
  const problem: Partial<ProblemDetails> = await answer.json().catch(() => ({}));
  throw new Error(problemWords(problem, answer.status));
}

function problemWords({ detail, hint }: Partial<ProblemDetails>, status: number): string {
  const words = sentences(detail, hint);
  return words === "" ? `The server answered with status ${status}.` : words;
}
