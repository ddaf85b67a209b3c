/** Admins list, invite, change, reset and remove users by these routes. */

import { InviteRequest, OneTimeLinkAnswer, ShownUser, UserChange } from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { Work } from "../../fleet/work.ts";
import { idempotencyKey, type TransactFor } from "../../http/io/once.ts";
import { type Answer, type Ask, param, type Route, sessionOf, withBody } from "../../http/route.ts";
import { changeUser, inviteUser, removeUser, resetUser, shownUser } from "../users.ts";
import { hashOf, newSecret, tokenFor } from "./secrets.ts";
import type { Sessions } from "./sessions.ts";

export function userRoutes(parts: UserRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/users",
      allow: "admin",
      people: true,
      wholeFleet: true,
      answer: ShownUser.array(),
      handle: () => ({ body: listed(parts) satisfies ShownUser[] }),
    },
    withBody({
      method: "POST",
      path: "/api/users",
      allow: "admin",
      recentProof: true,
      people: true,
      wholeFleet: true,
      body: InviteRequest,
      answer: OneTimeLinkAnswer,
      answerStatus: 201,
      handle: (ask) => invite(parts, ask),
    }),
    withBody({
      method: "PATCH",
      path: "/api/users/:name",
      allow: "admin",
      recentProof: true,
      people: true,
      wholeFleet: true,
      body: UserChange,
      answer: ShownUser,
      handle: async (ask) => {
        const name = param(ask, "name");
        const { user } = await changed(parts, ask, (work) => changeUser(work, sessionOf(ask).user, name, ask.body));
        return { body: user satisfies ShownUser | null };
      },
    }),
    {
      method: "POST",
      path: "/api/users/:name/reset",
      allow: "admin",
      recentProof: true,
      people: true,
      wholeFleet: true,
      answer: OneTimeLinkAnswer,
      answerStatus: 201,
      handle: (ask) => reset(parts, ask),
    },
    {
      method: "DELETE",
      path: "/api/users/:name",
      allow: "admin",
      recentProof: true,
      people: true,
      wholeFleet: true,
      handle: async (ask) => {
        await changed(parts, ask, (work) => removeUser(work, sessionOf(ask).user, param(ask, "name")));
        return {};
      },
    },
  ];
}

export interface UserRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly transactFor: TransactFor;
  readonly sessions: Sessions;
}

function listed({ manager, transactions }: UserRoutesParts): ShownUser[] {
  const accounts = accountsIn(manager);
  const at = transactions.moment();
  if (accounts === null) return [];
  return [...accounts.users.values()].map((user) => shownUser(accounts, user, at));
}

async function invite(parts: UserRoutesParts, ask: Ask<InviteRequest>): Promise<Answer> {
  const token = linkToken(ask);
  const { user } = await changed(
    parts,
    ask,
    (work) => {
      inviteUser(work, sessionOf(ask).user, ask.body, hashOf(token));
      return [];
    },
    ask.body.name,
  );
  return linkAnswer(user, token);
}

async function reset(parts: UserRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const token = linkToken(ask);
  const name = param(ask, "name");
  const { user } = await changed(parts, ask, (work) => resetUser(work, sessionOf(ask).user, name, hashOf(token)));
  return linkAnswer(user, token);
}

/** A repeat gets the same token again, and it is stored nowhere. */
function linkToken(ask: Ask<unknown>): string {
  const key = idempotencyKey(ask);
  return key === null ? newSecret() : tokenFor(sessionOf(ask).secret, "one-time link", key);
}

function linkAnswer(user: ShownUser | null, token: string): Answer {
  const expiresAt = user?.linkExpiresAt;
  if (user === null || expiresAt === undefined) throw new Error("a link was made for nobody");
  return { status: 201, body: { user, token, expiresAt } satisfies OneTimeLinkAnswer };
}

/** Sockets of sessions that it ended are closed before this resolves, and all nodes know of the change (rule A11). */
async function changed(
  { transactions, transactFor, sessions }: UserRoutesParts,
  ask: Ask<unknown>,
  decide: (work: Work) => readonly string[],
  name = param(ask, "name"),
): Promise<{ readonly user: ShownUser | null }> {
  const ended: string[] = [];
  const decideOnce = (work: Work): Told => {
    ended.push(...decide(work));
    const user = work.accounts.users.get(name);
    return { user: user === undefined ? null : (shownUser(work.accounts, user, work.at) as ShownUser & JsonValue) };
  };
  const { result } = await transactFor(ask, decideOnce, sessionOf(ask).session.id);
  sessions.closeEnded(ended, ({ user }) => user === name);
  await transactions.untilEverywhere();
  return result;
}

interface Told {
  readonly [member: string]: JsonValue;
  readonly user: (ShownUser & JsonValue) | null;
}
