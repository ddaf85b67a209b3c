/** A plan of queues has pages that keep what they have asked for over a reload, and are reloaded, closed and left by their users. */

import type { Deed } from "../deeds.ts";
import type { ClientPlan, PagesPlan, PlannedAction } from "../plan.ts";
import { Random } from "../random.ts";
import type { Planned } from "../troubles.ts";
import { makePagesPlan } from "./pages-plan.ts";

export function makeQueuesPlan(seed: string, keepTrace = false): PagesPlan {
  const plan = makePagesPlan(`${seed}/queues`, keepTrace);
  const chance = new Random(`plan ${seed}/queues`);
  const bound = chance.pick([1_000, 1_000, 6]);
  const clients = plan.clients.map((client) => ({ ...client, keeps: { bound } }));
  const actions = [...plan.actions, ...troubles(chance.fork("troubles"), plan.faultyMs, clients)];
  actions.sort((a, b) => a.at - b.at);
  return { ...plan, clients, actions: actions.map((action, id): PlannedAction => ({ ...action, id })) };
}

function troubles(chance: Random, untilMs: number, pages: readonly ClientPlan[]): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([500, 1_500, 4_000]);
  for (let at = chance.int(200, 3_000); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next()))
    planned.push({ at, ...trouble(chance, chance.pick(pages).name) });
  return planned;
}

function trouble(chance: Random, client: string): Deed {
  const ms = chance.int(200, 5_000);
  const deeds: readonly Deed[] = [
    { do: "reload", client },
    { do: "reload", client },
    { do: "close", client },
    { do: "drop", client },
    { do: "partition", client, ms, signals: chance.chance(0.5) },
    { do: "leave", client, how: chance.pick(["ask", "drop", "keep"] as const), ms },
  ];
  return chance.pick(deeds);
}
