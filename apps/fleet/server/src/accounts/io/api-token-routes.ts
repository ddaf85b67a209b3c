/** Users make, list and revoke API tokens by these routes, and admins list and revoke those of others. */

import {
  API_TOKEN_PREFIX,
  ApiTokenAnswer,
  ApiTokenEntry,
  ApiTokenRequest,
  type StoredApiToken,
} from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { Work } from "../../fleet/work.ts";
import { idempotencyKey, type TransactFor } from "../../http/io/once.ts";
import type { OpenSockets } from "../../http/open-sockets.ts";
import { type Answer, type Ask, askedFromOf, param, type Route, sessionOf, withBody } from "../../http/route.ts";
import { makeApiToken, revokeApiToken, shownApiToken } from "../api-tokens.ts";
import { isAdminOfAll } from "../decide.ts";
import { hashOf, newSecret, tokenFor } from "./secrets.ts";

export function apiTokenRoutes(parts: ApiTokenRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/api-token",
      allow: "viewer",
      answer: ApiTokenEntry,
      handle: (ask) => ({ body: ownToken(parts, ask) }),
    },
    {
      method: "GET",
      path: "/api/api-tokens",
      allow: "viewer",
      people: true,
      answer: ApiTokenEntry.array(),
      handle: (ask) => ({ body: tokensOf(parts, sessionOf(ask).user).map(shownApiToken) satisfies ApiTokenEntry[] }),
    },
    {
      method: "GET",
      path: "/api/users/:name/api-tokens",
      allow: "admin",
      people: true,
      wholeFleet: true,
      answer: ApiTokenEntry.array(),
      handle: (ask) => ({ body: tokensOf(parts, param(ask, "name")).map(shownApiToken) satisfies ApiTokenEntry[] }),
    },
    withBody({
      method: "POST",
      path: "/api/api-tokens",
      allow: "viewer",
      recentProof: true,
      people: true,
      body: ApiTokenRequest,
      answer: ApiTokenAnswer,
      answerStatus: 201,
      handle: (ask) => make(parts, ask),
    }),
    {
      method: "DELETE",
      path: "/api/api-tokens/:id",
      allow: "viewer",
      people: true,
      handle: (ask) => revoke(parts, ask),
    },
  ];
}

export interface ApiTokenRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly transactFor: TransactFor;
  readonly sockets: OpenSockets;
}

function tokensOf({ manager }: ApiTokenRoutesParts, user: string): StoredApiToken[] {
  return [...(accountsIn(manager)?.apiTokens.values() ?? [])].filter((token) => token.user === user);
}

/** A program learns what its own token may do, and how long. The role and the tags are those that count now. */
function ownToken({ manager }: ApiTokenRoutesParts, { caller: { apiToken } }: Ask<unknown>): ApiTokenEntry {
  const stored = apiToken === null ? undefined : accountsIn(manager)?.apiTokens.get(apiToken.id);
  if (apiToken !== null && stored !== undefined) {
    const { role, tags } = apiToken;
    const limited = tags === null || tags.length === 0 ? {} : { tags: [...tags] };
    return { ...shownApiToken(stored), role, ...limited };
  }
  throw new RequestRefusal("not_found", "no API token is shown", { hint: "GET /api/session says who is signed in." });
}

/** A repeat gets the same token again, and it is stored nowhere. */
async function make(parts: ApiTokenRoutesParts, ask: Ask<ApiTokenRequest>): Promise<Answer> {
  const { transactions, transactFor } = parts;
  const { user, secret, session } = sessionOf(ask);
  const key = idempotencyKey(ask);
  const token = `${API_TOKEN_PREFIX}${key === null ? newSecret() : tokenFor(secret, "API token", key)}`;
  const decide = (work: Work) => makeApiToken(work, user, hashOf(token), ask.body) as ApiTokenEntry & JsonValue;
  const { result } = await transactFor(ask, decide, session.id);
  await transactions.untilEverywhere(); // It may be shown to another node next.
  const made: ApiTokenEntry = result;
  return { status: 201, body: { ...made, token } satisfies ApiTokenAnswer };
}

/** An id that is somebody else's is as unknown as one that nobody has, unless an admin asks (C31). Its sockets are closed before this is answered. */
async function revoke(parts: ApiTokenRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const { manager, sockets, transactions } = parts;
  const asking = sessionOf(ask);
  const { user } = asking;
  const all = [...(accountsIn(manager)?.apiTokens.values() ?? [])];
  const token = all.find((each) => shownApiToken(each).id === param(ask, "id"));
  if (token === undefined || (token.user !== user && !isAdminOfAll(asking)))
    throw new RequestRefusal("not_found", "there is no such API token");
  await transactions.transact((work) => revokeApiToken(work.askedBy(askedFromOf(ask)), token, user));
  sockets.revokeSessions([token.id]);
  await transactions.untilEverywhere();
  return {};
}
