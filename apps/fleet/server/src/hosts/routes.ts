/** People change and remove hosts by these routes. */

import { type Host, HostAnswer, HostPatch, ReachedAnswer } from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { actingNow, grantedHost } from "../accounts/granted.ts";
import type { Presences } from "../agents/presences.ts";
import { askForRotation } from "../agents/rotation.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import { requireUnmoved } from "../fleet/unmoved.ts";
import type { TransactFor } from "../http/io/once.ts";
import type { OpenSockets } from "../http/open-sockets.ts";
import { type Answer, type Ask, askedBy, param, type Route, userOf, withBody } from "../http/route.ts";
import { patchHost, removeHost } from "./decide.ts";

export function hostRoutes(parts: HostRoutesParts): Route[] {
  return [
    withBody({
      method: "PATCH",
      path: "/api/hosts/:id",
      allow: "operator",
      body: HostPatch,
      answer: HostAnswer,
      handle: (ask) => patch(parts, ask),
    }),
    {
      method: "DELETE",
      path: "/api/hosts/:id",
      allow: "admin",
      recentProof: true,
      answer: ReachedAnswer,
      handle: (ask) => remove(parts, ask),
    },
    {
      method: "POST",
      path: "/api/hosts/:id/credential/rotate",
      allow: "admin",
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: (ask) => rotate(parts, ask),
    },
  ];
}

export interface HostRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
  readonly transactions: Transactions;
  readonly sockets: OpenSockets;
  readonly presences: Presences;
}

/** It is answered after the commit. */
async function patch({ manager, transactFor, transactions }: HostRoutesParts, ask: Ask<HostPatch>): Promise<Answer> {
  const id = param(ask, "id");
  const { role } = userOf(ask);
  if (ask.body.name !== undefined && role !== "admin")
    throw new RequestRefusal("forbidden", "only an admin may name a host", { hint: "Ask an admin." });
  const { ifVersion, ifEpoch, ...meant } = ask.body;
  const relied = { collection: "hosts", id, fields: Object.keys(meant) } as const;
  const { applied, result } = await transactFor(ask, (work) => {
    const acting = actingNow(work.accounts, askedBy(ask));
    if (grantedHost(work.fleet, acting.tags, id) !== null)
      requireUnmoved(manager, work, { ifVersion, ifEpoch }, () => [relied]);
    patchHost(work, id, meant, acting);
    return work.fleet.hosts.get(id) as Host & JsonValue;
  });
  if (ask.body.tags !== undefined) await transactions.untilEverywhere(); // They say who sees it, at all nodes.
  const host: Host = result;
  return { body: { host, epoch: applied.epoch, version: applied.version } satisfies HostAnswer };
}

/** The agent's socket is closed before this is answered (rule A11). A repeat touches no host that has the name since. */
async function remove(parts: HostRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const { transactFor, transactions, sockets, presences } = parts;
  const id = param(ask, "id");
  const { applied } = await transactFor(ask, (work) => {
    removeHost(work, id, actingNow(work.accounts, askedBy(ask)));
    sockets.revokeAgent(id); // They are closed now, so that not even this change reaches them, and again for one that came in between.
    return null;
  });
  if (!applied.replayed) {
    sockets.revokeAgent(id);
    presences.forget(id);
  }
  await transactions.untilEverywhere();
  return { body: { epoch: applied.epoch, version: applied.version } };
}

/** The agent does the rest by itself, once it is there. */
async function rotate({ transactFor }: HostRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const { applied } = await transactFor(ask, (work) => {
    askForRotation(work, param(ask, "id"), actingNow(work.accounts, askedBy(ask)));
    return null;
  });
  return { status: 202, body: { epoch: applied.epoch, version: applied.version } };
}
